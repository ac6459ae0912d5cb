#include "app/ask_records.h"
#include "app/verb.h"

int verb_history(int argc, char **argv)
{
    struct ask_options o;
    if (!ask_options_read(ASK_OPTIONS_HISTORY, argc, argv, &o))
        return RUN_USAGE;
    return ask_records(&o, REQUEST_HISTORY, ASK_SHOW_HISTORY);
}
