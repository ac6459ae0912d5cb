#define _GNU_SOURCE
#include "io/control.h"

#include "core/limits.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A server that echoes a line as often as its first character says ('0' to '9'), beside clients
 * that are plain sockets on the same thread. */
struct world {
    struct temp_folder folder;
    char path[128];
    uv_loop_t loop;
    uv_timer_t guard;
    struct control *control;
    char message[512];
    unsigned lines, gone, drained;
    size_t longest;
    struct control_client *last;
    bool finish; /* after the next line */
};

static void on_line(void *context, struct control_client *client, struct span line)
{
    struct world *w = context;
    w->lines++;
    w->last = client;
    if (line.size > w->longest)
        w->longest = line.size;
    for (char i = '0'; i < line.bytes[0]; i++)
        control_put(client, line);
    if (w->finish)
        control_finish(client);
}

static void on_drained(void *context, struct control_client *client)
{
    (void)client;
    ((struct world *)context)->drained++;
}

static void on_gone(void *context, struct control_client *client)
{
    struct world *w = context;
    w->gone++;
    if (w->last == client)
        w->last = NULL;
}

static enum err open_control(struct world *w)
{
    const struct control_handler handler = {w, on_line, on_drained, on_gone};
    return control_open(&w->control, &w->loop, w->path, &handler, w->message, sizeof w->message);
}

static void on_guard(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("not within ten seconds");
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    signal(SIGPIPE, SIG_IGN);
    temp_folder_make(&w->folder);
    snprintf(w->path, sizeof w->path, "%s/run/sensor1.sock", w->folder.path);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    uv_timer_init(&w->loop, &w->guard);
    uv_timer_start(&w->guard, on_guard, 10000, 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    control_close(w->control);
    uv_close((uv_handle_t *)&w->guard, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    temp_folder_remove(&w->folder);
    free(w);
    return 0;
}

#define UNTIL(w, condition) \
    while (!(condition))    \
    uv_run(&(w)->loop, UV_RUN_ONCE)

static void turns(struct world *w)
{
    for (int i = 0; i < 20; i++)
        uv_run(&w->loop, UV_RUN_NOWAIT);
}

static int call(const struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, w->path, strlen(w->path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const void *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

/* What comes until the other side ends or `size` bytes are there; returns how many. */
static size_t hear(struct world *w, int fd, char *out, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = recv(fd, out + got, size - got, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        if (n > 0)
            got += (size_t)n;
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    return got;
}

static void expect(struct world *w, int fd, const char *text)
{
    char got[256];
    size_t size = strlen(text);
    assert_int_equal(hear(w, fd, got, size), size);
    assert_memory_equal(got, text, size);
}

static void a_line_is_answered(void **state)
{
    struct world *w = *state;
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w);
    say(fd, "2 hello\n1 you\n");
    expect(w, fd, "2 hello\n2 hello\n1 you\n");
    turns(w);
    assert_true(w->drained > 0);
    close(fd);
    UNTIL(w, w->gone == 1);
    assert_int_equal(w->lines, 2);
}

static void only_the_user_may_enter(void **state)
{
    struct world *w = *state;
    struct stat s;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/run", w->folder.path);
    assert_int_equal(open_control(w), ERR_OK);
    assert_int_equal(stat(w->path, &s), 0);
    assert_int_equal(s.st_mode & 077, 0);
    assert_int_equal(s.st_mode & 0600, 0600);
    assert_int_equal(stat(folder, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
}

static void a_folder_that_others_may_enter_is_closed_to_them(void **state)
{
    struct world *w = *state;
    struct stat s;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/run", w->folder.path);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(open_control(w), ERR_OK);
    assert_int_equal(stat(folder, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
}

static void the_socket_of_a_dead_peer_is_replaced(void **state)
{
    struct world *w = *state;
    assert_int_equal(open_control(w), ERR_OK);
    control_close(w->control);
    w->control = NULL;
    turns(w);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, w->path, strlen(w->path) + 1);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (const void *)&address, sizeof address), 0);
    close(dead); /* as SIGKILL does: the name stays */
    assert_int_equal(access(w->path, F_OK), 0);
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w);
    say(fd, "1\n");
    expect(w, fd, "1\n");
    close(fd);
}

static void a_socket_that_answers_is_left_alone(void **state)
{
    struct world *w = *state;
    const struct control_handler handler = {w, on_line, on_drained, on_gone};
    struct control *second;
    assert_int_equal(open_control(w), ERR_OK);
    assert_int_equal(control_open(&second, &w->loop, w->path, &handler, w->message,
                                  sizeof w->message),
                     ERR_BUSY);
    assert_null(second);
    assert_non_null(strstr(w->message, w->path));
    int fd = call(w);
    say(fd, "1\n");
    expect(w, fd, "1\n");
    close(fd);
}

static void closing_removes_the_socket(void **state)
{
    struct world *w = *state;
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w);
    say(fd, "0\n");
    UNTIL(w, w->lines == 1);
    control_close(w->control);
    w->control = NULL;
    assert_int_equal(access(w->path, F_OK), -1);
    UNTIL(w, w->gone == 1);
    close(fd);
}

static void a_path_that_is_no_socket_s_is_refused_with_its_length(void **state)
{
    struct world *w = *state;
    size_t size = strlen(w->folder.path);
    memcpy(w->path, w->folder.path, size);
    w->path[size] = '/';
    memset(w->path + size + 1, 'x', CONTROL_PATH_MAX - size);
    w->path[CONTROL_PATH_MAX + 1] = '\0';
    assert_int_equal(open_control(w), ERR_SIZE);
    assert_non_null(strstr(w->message, "107"));
    w->path[CONTROL_PATH_MAX] = '\0';
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w);
    say(fd, "1\n");
    expect(w, fd, "1\n");
    close(fd);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct world *w = *state;
    snprintf(w->path, sizeof w->path, "/proc/none/sensor1.sock");
    assert_int_equal(open_control(w), ERR_IO);
    assert_non_null(strstr(w->message, "/proc/none"));
}

static void the_longest_line_is_taken_and_a_longer_one_ends_its_client(void **state)
{
    struct world *w = *state;
    char *text = malloc(LIMIT_LINE + 1);
    assert_non_null(text);
    assert_int_equal(open_control(w), ERR_OK);
    memset(text, '0', LIMIT_LINE + 1);
    for (size_t extra = 0; extra < 2; extra++) {
        int fd = call(w);
        text[LIMIT_LINE - 1] = extra == 0 ? '\n' : '0';
        text[LIMIT_LINE] = '\n';
        for (size_t sent = 0; sent < LIMIT_LINE + extra;) {
            ssize_t n = send(fd, text + sent, LIMIT_LINE + extra - sent, 0);
            sent += n > 0 ? (size_t)n : 0;
            uv_run(&w->loop, UV_RUN_NOWAIT);
            if (n < 0 && errno != EAGAIN)
                break;
        }
        UNTIL(w, extra == 0 ? w->lines == 1 : w->gone > 0);
        if (extra == 0)
            assert_int_equal(w->gone, 0);
        close(fd);
        UNTIL(w, w->gone == extra + 1);
    }
    assert_int_equal(w->lines, 1);
    assert_int_equal(w->longest, LIMIT_LINE - 1);
    free(text);
}

static void the_thirty_third_client_is_told_and_let_go(void **state)
{
    struct world *w = *state;
    int fds[CONTROL_CLIENTS + 1];
    char text[256];
    assert_int_equal(open_control(w), ERR_OK);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        fds[i] = call(w);
        say(fds[i], "1\n");
        expect(w, fds[i], "1\n");
    }
    fds[CONTROL_CLIENTS] = call(w);
    size_t size = hear(w, fds[CONTROL_CLIENTS], text, sizeof text - 1);
    text[size] = '\0';
    assert_non_null(strstr(text, "\"error\":\"busy\""));
    assert_int_equal(w->gone, 0); /* the handler never met it */
    close(fds[CONTROL_CLIENTS]);
    close(fds[0]);
    UNTIL(w, w->gone == 1);
    fds[0] = call(w);
    say(fds[0], "1\n");
    expect(w, fds[0], "1\n");
    for (size_t i = 0; i < CONTROL_CLIENTS; i++)
        close(fds[i]);
    UNTIL(w, w->gone == CONTROL_CLIENTS + 1);
}

static void a_client_that_never_reads_is_let_go_and_no_other_is(void **state)
{
    struct world *w = *state;
    char line[32768];
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w), other = call(w);
    say(other, "1\n");
    expect(w, other, "1\n");
    say(fd, "0\n");
    UNTIL(w, w->lines == 2);
    struct control_client *client = w->last;
    memset(line, 'x', sizeof line);
    size_t put = 0;
    while (w->gone == 0) {
        if (control_room(client) > 0)
            put += sizeof line;
        control_put(client, (struct span){line, sizeof line});
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_in_range(put, CONTROL_OUTPUT_MAX / 2, 2 * CONTROL_OUTPUT_MAX);
    say(other, "1\n");
    expect(w, other, "1\n");
    assert_int_equal(w->gone, 1);
    close(fd);
    close(other);
}

static void room_is_what_fits_to_the_byte(void **state)
{
    struct world *w = *state;
    char *line = calloc(1, CONTROL_OUTPUT_MAX);
    assert_non_null(line);
    assert_int_equal(open_control(w), ERR_OK);
    int fd = call(w);
    say(fd, "0\n");
    UNTIL(w, w->lines == 1);
    memset(line, 'x', CONTROL_OUTPUT_MAX);
    assert_int_equal(control_room(w->last), CONTROL_OUTPUT_MAX);
    control_put(w->last, (struct span){line, CONTROL_OUTPUT_MAX - 1});
    assert_int_equal(hear(w, fd, line, CONTROL_OUTPUT_MAX), CONTROL_OUTPUT_MAX);
    assert_int_equal(line[CONTROL_OUTPUT_MAX - 1], '\n');
    turns(w);
    assert_int_equal(w->gone, 0);
    control_put(w->last, (struct span){line, CONTROL_OUTPUT_MAX});
    UNTIL(w, w->gone == 1);
    free(line);
    close(fd);
}

static void questions_wait_for_a_client_that_does_not_read(void **state)
{
    struct world *w = *state;
    char text[8192];
    assert_int_equal(open_control(w), ERR_OK);
    memset(text, '1', sizeof text);
    text[sizeof text - 1] = '\n';
    int fd = call(w);
    size_t sent = 0;
    for (int idle = 0; idle < 200; idle++) { /* until nothing more is taken */
        ssize_t n = send(fd, text, sizeof text, 0);
        if (n > 0) {
            assert_int_equal(n % (ssize_t)sizeof text, 0);
            sent++;
            idle = 0;
        }
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(w->gone, 0);
    assert_true(sent < 3 * CONTROL_OUTPUT_MAX / sizeof text);
    for (size_t i = 0; i < sent; i++)
        assert_int_equal(hear(w, fd, text, sizeof text), sizeof text);
    assert_int_equal(w->lines, sent);
    close(fd);
}

static void a_client_that_is_finished_still_gets_everything(void **state)
{
    struct world *w = *state;
    char text[64];
    assert_int_equal(open_control(w), ERR_OK);
    w->finish = true;
    int fd = call(w);
    say(fd, "3 last words\n3 never heard\n");
    assert_int_equal(hear(w, fd, text, sizeof text), 3 * strlen("3 last words\n"));
    UNTIL(w, w->gone == 1);
    assert_int_equal(w->lines, 1);
    close(fd);
}

static void another_user_is_not_let_in(void **state)
{
    struct world *w = *state;
    char folder[128];
    if (geteuid() != 0)
        skip(); /* only root can become somebody else */
    snprintf(folder, sizeof folder, "%s/run", w->folder.path);
    assert_int_equal(open_control(w), ERR_OK);
    chmod(w->folder.path, 0755);
    chmod(folder, 0755);
    chmod(w->path, 0777);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        if (setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        int fd = call(w);
        fcntl(fd, F_SETFL, 0);
        (void)!write(fd, "1\n", 2);
        _exit(read(fd, &byte, 1) > 0);
    }
    int status;
    while (waitpid(child, &status, WNOHANG) == 0)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(w->lines, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_answered),
        TEST(only_the_user_may_enter),
        TEST(a_folder_that_others_may_enter_is_closed_to_them),
        TEST(the_socket_of_a_dead_peer_is_replaced),
        TEST(a_socket_that_answers_is_left_alone),
        TEST(closing_removes_the_socket),
        TEST(a_path_that_is_no_socket_s_is_refused_with_its_length),
        TEST(a_folder_that_cannot_be_made_is_named),
        TEST(the_longest_line_is_taken_and_a_longer_one_ends_its_client),
        TEST(the_thirty_third_client_is_told_and_let_go),
        TEST(a_client_that_never_reads_is_let_go_and_no_other_is),
        TEST(room_is_what_fits_to_the_byte),
        TEST(questions_wait_for_a_client_that_does_not_read),
        TEST(a_client_that_is_finished_still_gets_everything),
        TEST(another_user_is_not_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
