#include "io/source_pace.h"

static double usual(const struct source_pace *p)
{
    return p->speed > 0 ? SOURCE_PACE_USUAL_MS / p->speed : SOURCE_PACE_USUAL_MS;
}

static enum source_pace_remark by_file(struct source_pace *p, const int64_t *row_ms, double *gap_ms,
                                       int64_t *spacing_ms)
{
    if (!p->file_has_time) {
        *gap_ms = usual(p);
        return SOURCE_PACE_TIMELESS;
    }
    *gap_ms = 0;
    if (!row_ms || !p->has_last)
        return SOURCE_PACE_NOTHING;
    *spacing_ms = *row_ms - p->last_ms;
    if (*spacing_ms < 0) {
        *spacing_ms = -*spacing_ms;
        return SOURCE_PACE_BACKWARDS;
    }
    *gap_ms = (double)*spacing_ms;
    if (p->speed > 0) {
        *gap_ms /= p->speed;
    } else if (*spacing_ms > SOURCE_PACE_SPACING_MAX_MS) {
        *gap_ms = SOURCE_PACE_USUAL_MS;
        return SOURCE_PACE_SQUEEZED;
    }
    return SOURCE_PACE_NOTHING;
}

enum source_pace_remark source_pace_next(struct source_pace *p, const int64_t *row_ms,
                                         double *gap_ms, int64_t *spacing_ms)
{
    enum source_pace_remark remark = SOURCE_PACE_NOTHING;
    *spacing_ms = 0;
    if (p->every_ms > 0)
        *gap_ms = p->every_ms;
    else
        remark = by_file(p, row_ms, gap_ms, spacing_ms);
    if (row_ms) {
        p->last_ms = *row_ms;
        p->has_last = true;
    }
    if (p->begun)
        p->spaced = true;
    else
        *gap_ms = p->gap_ms; /* 0, or the last one before the file began again */
    p->begun = true;
    p->gap_ms = *gap_ms;
    return remark;
}

void source_pace_restart(struct source_pace *p)
{
    p->begun = false;
    p->has_last = false;
    if (!p->spaced)
        p->gap_ms = p->every_ms > 0 ? p->every_ms : usual(p);
}
