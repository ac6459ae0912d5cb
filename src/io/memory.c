#include "io/memory.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void memory_out(void)
{
    fputs("kith: out of memory; start again with more of it\n", stderr);
    _Exit(1);
}
