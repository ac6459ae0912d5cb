/* SQLite's own rate: single rows, nothing parsed, nothing sent.
 *
 * usage: sqlite FILE COUNT ROWS_A_COMMIT */
#include "rows.h"

int main(int argc, char **argv)
{
    struct rows rows;
    if (argc != 4) {
        fputs("usage: sqlite FILE COUNT ROWS_A_COMMIT\n", stderr);
        return 2;
    }
    long count = strtol(argv[2], NULL, 10);
    rows_open(&rows, argv[1], (int)strtol(argv[3], NULL, 10));
    uint64_t start = measure_now_ns();
    for (long i = 0; i < count; i++)
        rows_add(&rows, 1 + (int)(i % 4), i / 4, 1763800000123 + i, 20 + (double)(i % 1000) / 100);
    rows_commit(&rows);
    printf("rows count=%ld per_s=%.0f\n", count,
           (double)count * 1e9 / (double)(measure_now_ns() - start));
    sqlite3_finalize(rows.insert);
    sqlite3_finalize(rows.begin);
    sqlite3_finalize(rows.commit);
    sqlite3_close(rows.db);
    return 0;
}
