#include "app/retention.h"

#include "app/duration.h"
#include "base/number.h"

#define AGE_MIN_S   60.0
#define AGE_MAX_D   36500.0
#define DAY_S       86400.0
#define SIZE_MIN_MB 50.0
#define SIZE_MAX_MB 1e9

static bool cut_unit(struct span *text, const char *unit)
{
    size_t size = strlen(unit);
    if (text->size <= size || memcmp(text->bytes + text->size - size, unit, size) != 0)
        return false;
    text->size -= size;
    while (text->size > 0 && text->bytes[text->size - 1] == ' ')
        text->size--;
    return true;
}

enum err retention_age(struct span text, uint64_t *ms)
{
    double seconds;
    struct span days = text;
    bool in_days = cut_unit(&days, "d");
    enum err err = in_days ? number_parse(days, &seconds) : duration_parse(text, &seconds);
    if (err != ERR_OK)
        return err;
    if (in_days)
        seconds *= DAY_S;
    if (!(seconds >= AGE_MIN_S && seconds <= AGE_MAX_D * DAY_S))
        return ERR_RANGE;
    *ms = (uint64_t)(seconds * 1000);
    return ERR_OK;
}

enum err retention_size(struct span text, uint64_t *bytes)
{
    double megabytes, factor = 1;
    if (cut_unit(&text, "GB"))
        factor = 1000;
    else if (!cut_unit(&text, "MB"))
        return ERR_SYNTAX;
    enum err err = number_parse(text, &megabytes);
    if (err != ERR_OK)
        return err;
    megabytes *= factor;
    if (!(megabytes >= SIZE_MIN_MB && megabytes <= SIZE_MAX_MB))
        return ERR_RANGE;
    *bytes = (uint64_t)(megabytes * 1e6);
    return ERR_OK;
}
