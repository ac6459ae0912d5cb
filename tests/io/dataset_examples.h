#ifndef TESTS_IO_DATASET_EXAMPLES_H
#define TESTS_IO_DATASET_EXAMPLES_H

#include "io/source.h"

/* What dataset_test reads: the files of tests/data, one dialect each, and short texts for what a
 * file would be too much. */

enum { FLAGS_MAX = 4 };

struct example {
    const char *file;                        /* in tests/data, or NULL */
    const char *text;                        /* instead of a file */
    struct source_column columns[FLAGS_MAX]; /* --column */
    struct source_filter filters[FLAGS_MAX]; /* --where */
    const char *missing;
    const char *first;  /* the first row */
    const char *notice; /* is in what is said; NULL: nothing is said */
    const char *wrong;  /* is among the wrong rows; NULL: there are none */
    size_t rows;
};

#define C(header)        \
    {                    \
        .name = (header) \
    }
#define CT(header, property, unit_name)                           \
    {                                                             \
        .name = (header), .type = (property), .unit = (unit_name) \
    }
#define W(header, wanted)                     \
    {                                         \
        .column = (header), .value = (wanted) \
    }

/* clang-format off */
static const struct example files[] = {
    {.file = "row_numbers.csv", .rows = 30,
     .first = "2025-02-02T14:19:00 temperature=22Cel humidity=26%RH light=580lx co2=749ppm "
              "humidity_ratio=0.0047 occupancy=1"},
    {.file = "two_columns_semicolon.csv", .rows = 40,
     .first = "2004-03-10T18:00:00 co=2 pt08_s1_co=1300 c6h6=11 nox=166 temperature=13Cel "
              "humidity=48.9%RH absolute_humidity=0.7578",
     .notice = "data: dates are ambiguous: 10/03/2004 is read day first, as 2004-03-10; month "
               "first, days would be months apart\n"
               "data: -200 is taken as \"no value\": it lies far outside the other values of 3 "
               "columns and is repeated\n"},
    {.file = "month_first.csv", .rows = 2, .first = "2004-03-25T18:05:00 temperature=70.1Cel"},
    {.file = "bom_quotes_crlf.csv", .rows = 2, .first = "2020-01-01T00:00:00 temperature=21.5Cel"},
    {.file = "no_header.csv", .rows = 3, .first = "2020-01-01T00:00:00 column2=21.5 column3=45",
     .notice = "data: no header: the columns are called column1 to column3"},
    {.file = "no_header.csv", .rows = 3, .columns = {CT("column2", "temperature", NULL)},
     .first = "2020-01-01T00:00:00 temperature=21.5Cel", .notice = "no header"},
    {.file = "epoch_ms.tsv", .rows = 2, .first = "2018-03-02T14:13:20.123 temperature=21.5Cel"},
    {.file = "epoch_s.csv", .rows = 3,
     .first = "2018-03-02T14:13:20 temperature=21.5Cel humidity=45%RH"},
    {.file = "missing.csv", .rows = 5, .first = "2020-01-01T00:00:00 humidity=45%RH"},
    {.file = "true_false.csv", .rows = 3,
     .first = "2020-01-01T00:00:00 motion=true temperature=15Cel"},
    {.file = "array.json", .rows = 2,
     .first = "2025-10-24T10:00:00 temperature=22.5Cel humidity=55.2%RH"},
    {.file = "pretty.json", .rows = 2, .first = "2025-10-24T10:00:00 temperature=22.5Cel"},
    {.file = "nested.json", .rows = 2, .columns = {CT("main.temp", "temperature", "K")},
     .first = "2017-01-30T18:00:00 temperature=261.45K"},
    {.file = "nested.json", .rows = 2,
     .first = "2017-01-30T18:00:00 temperature=261.45K humidity=79%RH pressure=1023.48 clouds_all=8",
     .notice = "data: column \"main.temp\" says no unit and is too high for °C: taken as kelvin "
               "(else: --column main.temp=temperature:Cel)\n"},
    {.file = "nested.json", .rows = 2, .columns = {CT("main.temp", "temperature", "Cel")},
     .first = "2017-01-30T18:00:00 temperature=261.45Cel"},
    {.file = "nested.json", .rows = 2, .columns = {CT("weather.0.id", "weather", NULL)},
     .first = "2017-01-30T18:00:00 weather=800"},
    {.file = "broken_lines.jsonl", .rows = 3, .columns = {C("temperature")},
     .first = "- temperature=22.5Cel",
     .wrong = "data:2:16: a value was expected; row skipped\n"
              "data:3:16: \"x\" in column \"temperature\" is no number; row skipped\n"
              "data:6:20: the text ends too early; row skipped\n"},
    {.file = "wrong_rows.csv", .rows = 10, .first = "2020-01-01T00:00:00 temperature=21Cel",
     .wrong = "data:3:24: 3 cells where there are 2 columns; row skipped\n"
              "data:4:1: 1 cell where there are 2 columns; row skipped\n"
              "data:5:21: \"abc\" in column \"temp\" is no number; row skipped\n"
              "data:6:1: \"notime\" in column \"time\" is no time; row skipped\n"
              "data:7:1: text behind a closing quote; row skipped\n"
              "data:9:13: text behind a closing quote; row skipped\n"},
    {.file = "several_devices.csv", .rows = 2, .filters = {W("moteid", "2")},
     .first = "2020-01-01T00:00:00 temperature=30Cel"},
    {.file = "several_devices.csv", .rows = 1, .filters = {W("moteid", "2.0"), W("temp", "31")},
     .first = "2020-01-01T00:00:01 temperature=31Cel"},
    {.file = "long_form.csv", .rows = 2, .first = "2020-01-01T00:00:00 temperature=20Cel"},
    {.file = "time_in_parts.csv", .rows = 3,
     .first = "2010-01-01T00:00:00 dewp=-21 temperature=-11Cel pres=1021"},
    {.file = "remarks.csv", .rows = 3,
     .first = "2020-01-01T00:00:00 temperature=21.5Cel humidity=40%RH",
     .notice = "data: the table begins in line 3"},
    {.file = "iso8859_1.csv", .rows = 2,
     .first = "2020-02-01T10:00:00 temperature=21.5Cel humidity=40%RH",
     .notice = "data: dates are read day first: 13.02.2020 10:00 can be nothing else\n"},
    {.file = "nines.csv", .rows = 25, .first = "2020-01-01T00:00:01 temperature=20.1Cel",
     .notice = "data: -999 is taken as \"no value\""},
    {.file = "cold.csv", .rows = 30, .first = "2020-01-01T00:00:00 temperature=-200Cel"},
    {.file = "cold.csv", .rows = 25, .missing = "-200",
     .first = "2020-01-01T00:00:01 temperature=-189.9Cel"},
    {.file = "clock_only.csv", .rows = 3, .first = "1970-01-01T23:59:58 temperature=5Cel"},
};

static const struct example texts[] = {
    {.text = "21.5\n21.6\n", .rows = 2, .first = "- column1=21.5",
     .notice = "no header: the column is called column1 ("},
    {.text = "value\n1\n2\n3\n4\n", .rows = 4, .first = "- value=1"},
    {.text = "sample,load\n1,7\n2,7\n3,8\n", .rows = 3, .first = "- load=7"},
    {.text = "time,temp\r2020-01-01,5\r2020-01-02,6\r", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=5Cel"},
    {.text = "time,\"temp\"\n2020-01-01,\"21,5\"\n2020-01-02,\"21,75\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=21.5Cel"},
    {.text = "time,pressure\n2020-01-01,\"1,013.5\"\n2020-01-02,\"998.2\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 pressure=1013.5"},
    {.text = "time;pressure\n2020-01-01;1.013,5\n2020-01-02;998,2\n", .rows = 2,
     .first = "2020-01-01T00:00:00 pressure=1013.5"},
    {.text = "time,people\n2020-01-01,\"1,200\"\n2020-01-02,\"2,100\"\n", .rows = 2,
     .first = "2020-01-01T00:00:00 people=1200"},
    {.text = ",time,temp\n0,2020-01-01,1\n1,2020-01-02,2\n2,2020-01-03,5\n", .rows = 3,
     .first = "2020-01-01T00:00:00 temperature=1Cel"},
    {.text = "time,temp,temp,Temperature\n2020-01-01,1,2,3\n2020-01-02,1,2,3.5\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1Cel temperature_2=2Cel temperature_3=3Cel"},
    {.text = "time,temp,hum\n2020-01-01,1,2\n2020-01-02,1,", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1Cel humidity=2%RH"},
    {.text = "_time,_value,_field\n1434055562000000000,5.1,temp\n1434055563000000000,6,temp\n",
     .rows = 2, .first = "2015-06-11T20:46:02 temperature=5.1Cel"},
    {.text = "\"p (mbar)\",\"T (degC)\",\"wv (m/s)\",\"Temp (°F)\"\n996.5,-8.02,1.03,40\n997,-8,1,41\n",
     .rows = 2, .first = "- p=996.5hPa temperature=-8.02Cel wv=1.03m/s temperature_2=40°F",
     .notice = NULL},
    {.text = "time,temp\n0.0,5.1\n0.5,6\n1.0,7\n", .rows = 3,
     .first = "1970-01-01T00:00:00 temperature=5.1Cel"},
    {.text = "date,temp\n20040310,5.1\n20040311,6\n", .rows = 2,
     .first = "2004-03-10T00:00:00 temperature=5.1Cel"},
    {.text = "Date,1,2\n2020-01-01,5.5,6.5\n2020-01-02,5,6\n", .rows = 2,
     .first = "2020-01-01T00:00:00 1=5.5 2=6.5"},
    {.text = "a;b;c;;\n1,5;2;x;;\n;;;;\n\n2,5;3;y;;\n;;;;\n", .rows = 2, .first = "- a=1.5 b=2"},
    {.text = "time,t\n2020-01-01,1e1\n2020-01-02,-2.5E+1\n2020-01-03,+.5\n2020-01-04,5.\n",
     .rows = 4, .first = "2020-01-01T00:00:00 temperature=10Cel"},
    {.text = "time|t\n2020-01-01|1,5\n2020-01-02|2,5\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=1.5Cel"},
    {.text = "a\tb\n1\t\n\t2\n", .rows = 2, .first = "- a=1"},
    {.text = "\"Date\";\"Temp\"\n1;\"2025-01-01\";21,5\n2;\"2025-01-02\";22,5\n", .rows = 2,
     .first = "2025-01-01T00:00:00 temperature=21.5Cel"},
    {.text = "  [ {\"t\":1} , {\"t\":2} ]  ", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "{\"t\":1}{\"t\":2}", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "{\"t\":1,\"h\":2}\n{\"rh\":3}\n{\"h\":4,\"t\":5}\n", .rows = 3,
     .first = "- temperature=1Cel h=2"},
    {.text = "{\"a\":{\"rows\":[{\"t\":1},{\"t\":2},{\"t\":3}]},\"b\":[{\"x\":1}]}", .rows = 3,
     .first = "- temperature=1Cel"},
    {.text = "{\n \"t\": 1\n}\n{\n \"t\": 2\n}\n", .rows = 2, .first = "- temperature=1Cel"},
    {.text = "[{\"t\":1},\n{\"t\":2,\"t\":3},\n{\"t\":4\n,{\"t\":5}]", .rows = 2,
     .first = "- temperature=1Cel", .wrong = "data:2:8: a member name appears twice; row skipped"},
    {.text = "[{\"t\":1},5,{\"t\":2},null,\"a, {\",{\"t\":3},false]", .rows = 3,
     .first = "- temperature=1Cel",
     .wrong = "data:1:10: an object was expected; row skipped\n"
              "data:1:20: an object was expected; row skipped\n"
              "data:1:25: an object was expected; row skipped\n"
              "data:1:40: an object was expected; row skipped\n"},
    {.text = "{\"ts\":\"2020-01-01T00:00:00+02:00\",\"temp\":\"21.5\"}\n", .rows = 1,
     .first = "2019-12-31T22:00:00 temperature=21.5Cel"},
    {.text = "{\"type\":\"temperature\",\"value\":24.5}\n{\"type\":\"motion\",\"value\":true}\n",
     .rows = 2, .first = "- temperature=24.5Cel"},
    {.text = "{\"dt\":1485799200,\"sys\":{\"sunrise\":1485720272},\"on\":true,\"n\\u0061me\":null}\n",
     .rows = 1, .first = "2017-01-30T18:00:00 on=true"},
    {.text = "[{\"t\": NaN, \"h\": 1.5, \"NaN\": 2},\n{\"t\": 2, \"h\": NaN},{\"t\":NaN}]", .rows = 2,
     .first = "- h=1.5 nan=2"},
    {.text = "t,motion\n1,TRUE\n2,FALSE\n3,TRUE\n", .rows = 2, .filters = {W("motion", "true")},
     .first = "- temperature=1Cel motion=true"},
    {.text = "CO;T\n2,5;13,5\n-200;13,1\n1,5;-0,5\n-200;12\n2,6;11\n", .rows = 5,
     .first = "- co=2.5 temperature=13.5Cel",
     .notice = "-200 is taken as \"no value\": it lies far outside the other values of 1 column and "
               "is repeated"},
    {.text = "balance\n-200\n-50\n30\n-200\n10\n", .rows = 5, .first = "- balance=-200"},
    {.text = "Date,t\n3/10/2004 11:00 PM,1.5\n3/10/2004 11:30 PM,2\n3/11/2004 0:00,3\n3/11/2004 0:30,3\n",
     .rows = 4, .first = "2004-03-10T23:00:00 temperature=1.5Cel",
     .notice = "data: dates are ambiguous: 3/10/2004 11:00 PM is read month first, as 2004-03-10; "
               "day first, days would be months apart\n"},
    {.text = "Date,t\n1/2/2004,1.5\n1/3/2004,2\n1/4/2004,3\n", .rows = 3,
     .first = "2004-02-01T00:00:00 temperature=1.5Cel",
     .notice = "data: dates are ambiguous: 1/2/2004 is read day first, as 2004-02-01; no date of "
               "the file decides it\n"},
    {.text = ",t,h\n1,2020-01-01,5\n2,2020-01-02,6\n", .rows = 2, .columns = {C("h")},
     .first = "2020-01-01T00:00:00 h=5"},
    {.text = "time\tt\n2020-01-01\t5,5\n2020-01-02\t6,5\n\t\t\t\n\t\t\t\n\t\t\t\n", .rows = 2,
     .first = "2020-01-01T00:00:00 temperature=5.5Cel"},
    {.text = "Temp (°C),Note\n1.5,x\n2.5,y\n", .rows = 2, .columns = {C("temperature")},
     .first = "- temperature=1.5Cel"},
    {.text = "\"a\"\"b\",t\n\"x\"\"y\",1\n\"z\",2\n", .rows = 1, .filters = {W("a\"b", "x\"y")},
     .first = "- temperature=1Cel"},
    {.text = "x,t\n1,1\n,2\n", .rows = 1, .filters = {W("x", "")}, .first = "- temperature=2Cel",
     .columns = {C("t")}},
    {.text = "x,t\n1,1\n2,none\n3,n/a\n4,5\n", .rows = 2, .columns = {C("T")},
     .first = "- temperature=1Cel"},
    {.text = "x,t\n1,1\n2,off\n3,9\n", .rows = 2, .columns = {C("t")}, .missing = "off",
     .first = "- temperature=1Cel"},
};

static const struct example refused[] = {
    {.text = "", .notice = "it holds no rows"},
    {.text = "time,temp\n", .notice = "it holds a header and no rows"},
    {.text = "\n\n\n", .notice = "it holds no rows"},
    {.text = "[]", .notice = "it holds no rows"},
    {.text = "[1,2,3]", .notice = "it holds no JSON object that can be read"},
    {.text = "{\"t\":tru}\n{\"t\"}\n", .notice = "it holds no JSON object that can be read"},
    {.text = "{}", .notice = "it has no columns"},
    {.text = "\x1f\x8b\x08", .notice = "it is compressed"},
    {.file = "utf16.csv", .notice = "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {.file = "no_readings.csv",
     .notice = "no column holds readings; its columns are: date, city, note; name one that holds "
               "numbers, for example: --column \"city=temperature\""},
    {.file = "several_devices.csv", .columns = {C("tmp")},
     .notice = "column \"tmp\" is not there; its columns are: moteid, time, temp (for example: "
               "--column \"moteid=temperature\")"},
    {.file = "several_devices.csv", .filters = {W("mote", "1")},
     .notice = "--where mote: there is no such column; there are: moteid, time, temp"},
    {.file = "row_numbers.csv", .filters = {W("mote", "1")}, .notice = "; there are: (unnamed), "},
    {.text = "name,colour\nx,red\ny,blue\n",
     .notice = "no column holds readings; its columns are: name, colour; name one that holds "},
    {.file = "several_devices.csv", .columns = {CT("temp", "Room Temp", NULL)},
     .notice = "--column temp=Room Temp: a property is written with 1 to 63 of a-z 0-9 _ -"},
    {.file = "several_devices.csv", .columns = {CT("temp", "temperature", "0123456789abcdef")},
     .notice = "a unit of over 15 bytes"},
    {.file = "several_devices.csv", .columns = {C("temp"), C("temp")},
     .notice = "is the second of one property"},
    {.file = "no_readings.csv", .columns = {C("city")}, .notice = "holds text, not numbers"},
};
/* clang-format on */

#endif
