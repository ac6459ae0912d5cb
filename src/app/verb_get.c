#include "app/ask_records.h"
#include "app/verb.h"

int verb_get(int argc, char **argv)
{
    struct ask_options o;
    if (!ask_options_read(ASK_OPTIONS_GET, argc, argv, &o))
        return RUN_USAGE;
    return ask_records(&o, REQUEST_GET, ASK_SHOW_VALUE);
}
