#include "core/ident.h"

#include "base/check.h"

void ident_name_copy(char out[LIMIT_NAME + 1], struct span name)
{
    check(name.size <= LIMIT_NAME);
    if (name.size > 0)
        memcpy(out, name.bytes, name.size);
    out[name.size] = '\0';
}
