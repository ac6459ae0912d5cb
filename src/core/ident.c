#include "core/ident.h"

#include "base/buf.h"
#include "base/check.h"

void ident_name_copy(char out[LIMIT_NAME + 1], struct span name)
{
    check(name.size <= LIMIT_NAME);
    if (name.size > 0)
        memcpy(out, name.bytes, name.size);
    out[name.size] = '\0';
}

void ident_record_name(char out[LIMIT_RECORD_NAME + 1], struct span device, uint64_t epoch,
                       uint64_t seq)
{
    struct buf b;
    buf_init(&b, out, LIMIT_RECORD_NAME);
    buf_span(&b, device);
    buf_char(&b, '/');
    buf_u64(&b, epoch);
    buf_char(&b, '/');
    buf_u64(&b, seq);
    check(!b.overflow);
    out[b.size] = '\0';
}
