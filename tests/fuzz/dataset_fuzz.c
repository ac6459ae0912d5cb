/* Any bytes as a dataset: never a crash, never an endless loop, only well-formed readings, and the
 * same rows when the file is shown a few bytes at a time. The first byte says how many; the same
 * bytes are also what a program prints, for the decoder of --exec. */
#include "io/dataset.h"
#include "io/source.h"
#include "io/source_decoder.h"

#include "base/check.h"

#include <math.h>
#include <stdlib.h>

enum { STEP_MAX = 64, STEPS_A_BYTE = 8, STEPS_SPARE = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum err err;
    uint64_t rows;
    uint64_t wrong;
    uint64_t sum; /* of what the rows say */
};

static void mix(struct outcome *o, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        o->sum = (o->sum ^ at[i]) * 0x100000001b3;
}

static void take_readings(struct outcome *o, const struct reading *readings, size_t count)
{
    check(count > 0);
    for (size_t i = 0; i < count; i++) {
        check(dataset_names_is_type(readings[i].type));
        check(readings[i].unit.size <= LIMIT_UNIT);
        check(isfinite(readings[i].value.number));
        mix(o, readings[i].type.bytes, readings[i].type.size);
        mix(o, &readings[i].value.number, sizeof readings[i].value.number);
        mix(o, &readings[i].source_ts_ms, sizeof readings[i].source_ts_ms);
    }
    o->rows++;
}

struct feed {
    struct span text;
    size_t at;
    size_t shown;
    size_t step;
    size_t turns;
};

static struct csv_window window(struct feed *f)
{
    check(++f->turns < f->text.size * STEPS_A_BYTE + STEPS_SPARE);
    return (struct csv_window){{f->text.bytes + f->at, f->shown - f->at}, f->shown == f->text.size};
}

static void show_more(struct feed *f)
{
    size_t left = f->text.size - f->shown;
    check(left > 0);
    f->shown += left < f->step ? left : f->step;
}

static void look_through(struct dataset *d, struct span text, size_t step)
{
    struct feed f = {text, dataset_start(d), dataset_start(d), step, 0};
    for (;;) {
        size_t used;
        enum dataset_result result = dataset_look(d, window(&f), &used);
        f.at += used;
        if (result == DATASET_END || result == DATASET_ENOUGH)
            return;
        if (result == DATASET_MORE)
            show_more(&f);
    }
}

static void replay(struct dataset *d, struct span text, size_t step, struct outcome *o)
{
    struct feed f = {text, dataset_start(d), dataset_start(d), step, 0};
    for (;;) {
        size_t used;
        struct dataset_row row;
        enum dataset_result result = dataset_next(d, window(&f), &used, &row);
        if (result == DATASET_END)
            return;
        if (result == DATASET_MORE)
            show_more(&f);
        if (result == DATASET_ROW)
            take_readings(o, row.readings, row.count);
        if (result == DATASET_WRONG) {
            check(row.text[0] != '\0');
            o->wrong++;
        }
        f.at += used;
    }
}

static struct outcome read_dataset(struct span text, size_t step)
{
    struct dataset_options options = {.name = "fuzz"};
    struct outcome o = {0};
    char memory[512];
    struct buf message;
    struct dataset *d;
    buf_init(&message, memory, sizeof memory);
    o.err = dataset_new(&d, &options, (struct csv_window){text, true}, &message);
    if (!o.err) {
        look_through(d, text, step);
        o.err = dataset_settle(d, &options, &message);
    }
    if (!o.err)
        replay(d, text, step, &o);
    check(!o.err || message.size > 0);
    dataset_free(d);
    return o;
}

static void decode(struct span text, size_t step)
{
    static const struct source_decoder_options none = {0};
    struct source_decoder *d;
    struct source_decoder_row row;
    struct outcome o = {0};
    size_t at = 0;
    if (source_decoder_new(&d, &none) != ERR_OK)
        return;
    for (;;) {
        enum source_decoder_result result = source_decoder_next(d, &row);
        if (result == SOURCE_DECODER_END)
            break;
        if (result == SOURCE_DECODER_ROW)
            take_readings(&o, row.readings, row.count);
        if (result != SOURCE_DECODER_MORE)
            continue;
        size_t size = text.size - at < step ? text.size - at : step;
        if (size == 0)
            source_decoder_finish(d);
        else
            check(source_decoder_put(d, text.bytes + at, size) == ERR_OK);
        at += size;
    }
    source_decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t step = 1 + data[0] % STEP_MAX;
    struct span text = {(const char *)data + 1, size - 1};
    struct outcome whole = read_dataset(text, size);
    struct outcome cut = read_dataset(text, step);
    check(whole.err == cut.err);
    check(whole.rows == cut.rows && whole.wrong == cut.wrong && whole.sum == cut.sum);
    decode(text, step);
    return 0;
}
