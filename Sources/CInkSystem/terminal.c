#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CInkSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// All that handlers touch. Written before handlers are installed; afterwards only the atomics change.
static int guard_fd = -1;
static uint8_t *guard_restore;
static size_t guard_restore_count;
static uint8_t *guard_note;
static size_t guard_note_count;
static struct termios guard_modes;
static atomic_int guard_entered;
static atomic_int guard_dying;
static int signal_pipe[2] = {-1, -1};

// Large enough for the handlers and the kernel's frame with the widest vector registers (AMX needs 11 KiB).
static uint8_t handler_stack[64 * 1024];

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
static const int ending_signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static const int notice_signals[] = {SIGWINCH, SIGTSTP, SIGCONT};

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

// Writes what the terminal takes. A terminal that is stopped (Ctrl+S, a dead ssh) must not hold up our end for ever.
static void write_patiently(const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(guard_fd, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (written < 0 && errno == EINTR) {
            continue;
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = guard_fd, .events = POLLOUT};
            if (poll(&ready, 1, 200) <= 0) return;
            if (!(ready.revents & POLLOUT)) return;
        } else {
            return;
        }
    }
}

void ink_guard_leave(void) {
    if (!atomic_exchange(&guard_entered, 0)) return;
    int saved_errno = errno;
    // A process in the background that sets modes is stopped by SIGTTOU; the shell in front would be drawn over, too.
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGTTOU, &ignore, &before);
    if (tcgetpgrp(guard_fd) == getpgrp() || tcgetpgrp(guard_fd) < 0) write_patiently(guard_restore, guard_restore_count);
    // Mouse reports that were on their way when the mouse was switched off would land at the prompt.
    poll(NULL, 0, 10);
    tcflush(guard_fd, TCIFLUSH);
    tcsetattr(guard_fd, TCSANOW, &guard_modes);
    sigaction(SIGTTOU, &before, NULL);
    errno = saved_errno;
}

static void set_default(int signal_number) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal_number, &action, NULL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

_Noreturn void ink_die_by(int signal_number) {
    ink_guard_leave();
    set_default(signal_number);
    raise(signal_number);
    // A signal whose default is not to end the process.
    _exit(128 + signal_number);
}

static void crashed(int signal_number) {
    // A second crash, in this handler or in another thread meanwhile, must not come back here.
    for (size_t index = 0; index < COUNT(crash_signals); index++) signal(crash_signals[index], SIG_DFL);
    int was_entered = atomic_load(&guard_entered);
    ink_guard_leave();
    if (was_entered) write_patiently(guard_note, guard_note_count);
    ink_die_by(signal_number);
}

static void noticed(int signal_number) {
    int saved_errno = errno;
    uint8_t byte = (uint8_t)signal_number;
    // A full pipe already wakes its reader.
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
    errno = saved_errno;
}

static void ended(int signal_number) {
    if (atomic_exchange(&guard_dying, signal_number)) ink_die_by(signal_number);
    noticed(signal_number);
    alarm(2);
}

static void not_answered(int signal_number) {
    int first = atomic_load(&guard_dying);
    ink_die_by(first ? first : signal_number);
}

static int install(int signal_number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    return sigaction(signal_number, &action, NULL);
}

int ink_guard_arm(int fd, const uint8_t *restore, size_t restore_count, const uint8_t *note, size_t note_count) {
    if (tcgetattr(fd, &guard_modes) != 0) return errno;
    uint8_t *restore_copy = malloc(restore_count + 1);
    uint8_t *note_copy = malloc(note_count + 1);
    if (!restore_copy || !note_copy) {
        free(restore_copy);
        free(note_copy);
        return ENOMEM;
    }
    memcpy(restore_copy, restore, restore_count);
    memcpy(note_copy, note, note_count);
    // Older copies are not freed: a handler may be reading them.
    guard_restore = restore_copy;
    guard_restore_count = restore_count;
    guard_note = note_copy;
    guard_note_count = note_count;
    guard_fd = fd;
    // A stack of its own, so that running out of stack can be handled.
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    if (sigaltstack(&stack, NULL) != 0) return errno;
    for (size_t index = 0; index < COUNT(crash_signals); index++) {
        if (install(crash_signals[index], crashed, SA_ONSTACK | SA_NODEFER) != 0) return errno;
    }
    return 0;
}

int ink_guard_enter(void) {
    struct termios raw = guard_modes;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON | PARMRK);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    // Entered before it is done: a crash in between must restore.
    atomic_store(&guard_entered, 1);
    return tcsetattr(guard_fd, TCSANOW, &raw) == 0 ? 0 : errno;
}

int ink_guard_is_restored(void) {
    struct termios now;
    if (tcgetattr(guard_fd, &now) != 0) return 0;
    return now.c_iflag == guard_modes.c_iflag && now.c_oflag == guard_modes.c_oflag && now.c_lflag == guard_modes.c_lflag
        && now.c_cflag == guard_modes.c_cflag && memcmp(now.c_cc, guard_modes.c_cc, sizeof now.c_cc) == 0;
}

static int set_descriptor_flags(int fd) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return errno;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return errno;
    return 0;
}

int ink_signals_open(void) {
    if (signal_pipe[0] < 0) {
        int ends[2];
        if (pipe(ends) != 0) return -errno;
        int failure = set_descriptor_flags(ends[0]);
        if (!failure) failure = set_descriptor_flags(ends[1]);
        if (failure) {
            close(ends[0]);
            close(ends[1]);
            return -failure;
        }
        signal_pipe[0] = ends[0];
        signal_pipe[1] = ends[1];
    }
    for (size_t index = 0; index < COUNT(ending_signals); index++) {
        if (install(ending_signals[index], ended, SA_ONSTACK | SA_RESTART) != 0) return -errno;
    }
    for (size_t index = 0; index < COUNT(notice_signals); index++) {
        if (install(notice_signals[index], noticed, SA_ONSTACK | SA_RESTART) != 0) return -errno;
    }
    if (install(SIGALRM, not_answered, SA_ONSTACK) != 0) return -errno;
    return signal_pipe[0];
}

void ink_suspend(void) {
    ink_guard_leave();
    // We know that we are continued when raise returns: SIGCONT must not tell it a second time.
    set_default(SIGCONT);
    set_default(SIGTSTP);
    raise(SIGTSTP);
    install(SIGTSTP, noticed, SA_ONSTACK | SA_RESTART);
    install(SIGCONT, noticed, SA_ONSTACK | SA_RESTART);
}

static const int prompt_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
static struct sigaction prompt_before[COUNT(prompt_signals)];
static struct termios prompt_modes;
static int prompt_fd = -1;
static atomic_int prompt_entered;

static int prompt_set(void) {
    struct termios modes = prompt_modes;
    // Signals are still the terminal's to make, and so are line ends.
    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    return tcsetattr(prompt_fd, TCSANOW, &modes) == 0 ? 0 : errno;
}

static void prompt_left(int signal_number) {
    int saved_errno = errno;
    tcsetattr(prompt_fd, TCSANOW, &prompt_modes);
    set_default(signal_number);
    raise(signal_number);
    // Only who was stopped comes back here, when he is continued.
    install(signal_number, prompt_left, SA_RESTART);
    prompt_set();
    errno = saved_errno;
}

int ink_prompt_enter(int fd) {
    if (tcgetattr(fd, &prompt_modes) != 0) return errno;
    prompt_fd = fd;
    for (size_t index = 0; index < COUNT(prompt_signals); index++) {
        sigaction(prompt_signals[index], NULL, &prompt_before[index]);
        // What was ignored from the beginning, as by nohup, is so still.
        if (prompt_before[index].sa_handler != SIG_IGN) install(prompt_signals[index], prompt_left, SA_RESTART);
    }
    atomic_store(&prompt_entered, 1);
    int failure = prompt_set();
    if (failure) ink_prompt_leave();
    return failure;
}

void ink_prompt_leave(void) {
    if (!atomic_exchange(&prompt_entered, 0)) return;
    tcsetattr(prompt_fd, TCSADRAIN, &prompt_modes);
    for (size_t index = 0; index < COUNT(prompt_signals); index++) sigaction(prompt_signals[index], &prompt_before[index], NULL);
}

int ink_window_size(int fd, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return errno;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int ink_window_pixels(int fd, int *width, int *height) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return errno;
    *width = size.ws_xpixel;
    *height = size.ws_ypixel;
    return 0;
}

int ink_set_window_size(int fd, int columns, int rows) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    return ioctl(fd, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

int ink_output_pending(int fd) {
    int pending = 0;
    return ioctl(fd, TIOCOUTQ, &pending) == 0 ? pending : 0;
}

int ink_pty_open(int *leader, int *follower, int columns, int rows) {
    int lead = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (lead < 0) return errno;
    char name[128];
    int follow = -1;
    if (grantpt(lead) == 0 && unlockpt(lead) == 0 && ptsname_r(lead, name, sizeof name) == 0) {
        follow = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    }
    int failure = follow < 0 ? errno : ink_set_window_size(follow, columns, rows);
    if (failure) {
        close(lead);
        if (follow >= 0) close(follow);
        return failure;
    }
    *leader = lead;
    *follower = follow;
    return 0;
}

int ink_terminal_open(void) {
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        char name[256];
        int failure = ttyname_r(STDIN_FILENO, name, sizeof name);
        if (failure) return -failure;
        fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (fd < 0) return -errno;
    }
    int failure = set_descriptor_flags(fd);
    if (failure) {
        close(fd);
        return -failure;
    }
    return fd;
}
