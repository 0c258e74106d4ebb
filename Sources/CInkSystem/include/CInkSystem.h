// System calls that Swift cannot name, and the work that must be done inside signal handlers.
//
// A handler may neither allocate nor take a lock nor run Swift, so what it needs (descriptor, bytes, saved modes) is laid down here
// before it is needed. There is one guarded terminal in a process; these functions are called from one thread, handlers from any.
#ifndef INK_SYSTEM_H
#define INK_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Takes a terminal under guard: remembers its modes and the bytes that undo what will be written to it, and installs crash handlers
/// (SIGSEGV SIGBUS SIGILL SIGTRAP SIGFPE SIGABRT) that restore it, print `note` and die by the same signal, so that the exit status is
/// 128 + n. They replace the handlers of the Swift runtime, whose backtrace prompt would open on a screen that is not restored.
///
/// `fd` must be a descriptor of its own (opened anew), not blocking. Returns 0 or an errno.
int ink_guard_arm(int fd, const uint8_t *restore, size_t restore_count, const uint8_t *note, size_t note_count);

/// Raw mode: no echo, no lines, no signals from keys, bytes as they come. Returns 0 or an errno.
int ink_guard_enter(void);

/// Writes the restore bytes, drops input that is still coming (late mouse reports) and sets the modes back. Does nothing unless entered.
/// Safe in a handler. Waits at most 200 ms for a terminal that takes no bytes.
void ink_guard_leave(void);

/// A pipe from which the numbers of signals can be read, one byte each: SIGTERM SIGHUP SIGINT SIGQUIT SIGWINCH SIGTSTP SIGCONT.
///
/// The second of the first four, or two seconds in which the first was not answered by `ink_die_by` or `_exit`, restores the terminal and
/// ends the process at once. Returns the descriptor to read (not blocking), or -errno.
int ink_signals_open(void);

/// Restores the terminal and stops the process as SIGTSTP would; returns when it is continued.
void ink_suspend(void);

/// Has the terminal give each byte as it is typed, and show none, until `ink_prompt_leave`: for a line below the shell, outside of a guard. Signals that
/// end or stop the process set the modes back first. Returns 0 or errno.
int ink_prompt_enter(int fd);

/// Sets the modes back, and drops nothing of what was typed. Does nothing unless entered.
void ink_prompt_leave(void);

/// Restores the terminal and ends the process by this signal's default action.
_Noreturn void ink_die_by(int signal_number);

/// Columns and rows of a terminal. Returns 0 or an errno.
int ink_window_size(int fd, int *columns, int *rows);

/// Width and height of a terminal's text area in px, 0 where it does not say. Returns 0 or an errno.
int ink_window_pixels(int fd, int *width, int *height);

/// Sets columns and rows of a terminal. Returns 0 or an errno.
int ink_set_window_size(int fd, int columns, int rows);

/// Bytes written to a terminal and not yet taken from it; 0 where the system does not say.
int ink_output_pending(int fd);

/// Opens a pseudo-terminal of that size; both ends close on exec. Returns 0 or an errno.
int ink_pty_open(int *leader, int *follower, int columns, int rows);

/// Opens the controlling terminal anew, or, without one, the terminal of standard input: a descriptor of our own, not blocking. Returns it,
/// or -errno.
int ink_terminal_open(void);

/// True if the terminal's modes are those that the guard remembers.
int ink_guard_is_restored(void);

/// A descriptor that can be read when an interface, an address or a route of this machine has changed (not blocking). What is read from it does
/// not matter. Returns it, or -errno; -ENOTSUP where the system has no such thing.
int ink_network_watch_open(void);

/// Reads what there is. Returns 1 if there was anything, also if more had happened than the system kept; 0 if not; -errno when nothing will come
/// any more.
int ink_network_watch_drain(int fd);

/// Whether datagrams of this socket must arrive in one piece or not at all; the family is the socket's. Returns 0 or -errno.
int ink_keep_whole(int fd, int is_six, int whole);

/// Sends a datagram from an address of this machine, of the same family as the socket's: of several the system would choose one by the route.
/// Returns what sendmsg does.
ssize_t ink_send_from(
    int fd, const void *bytes, size_t count, const struct sockaddr *to, socklen_t to_size, const struct sockaddr *from);

/// Datagrams to one address that leave together: of `segment` bytes each, the last of what is left of `byte_count`. One alone has
/// `segment == byte_count`; more than one only where `ink_merges_datagrams`.
struct ink_train {
    /// Of the first byte among those that are sent.
    uint32_t offset;
    uint32_t byte_count;
    uint16_t segment;
    uint16_t port;
    int is_six;
    /// The address as a number, of IPv4 in the low half of `low`.
    uint64_t high, low;
};

/// True if the kernel splits what is sent into datagrams of one size (UDP_SEGMENT, udp(7)). A device on the way out may still refuse.
int ink_merges_datagrams(int fd);

/// Sends trains in their order, some of them at a time: call again with the rest. Returns how many the system took whole, at least one; or -errno of
/// the first, of which then nothing was sent.
ssize_t ink_send_trains(int fd, const uint8_t *bytes, const struct ink_train *trains, size_t count);

/// Who sent a datagram on one of our links, and by which interface it came; 0 where that is not known.
struct ink_link_sender {
    uint8_t is_six;
    /// In network order; of IPv4 the first four bytes.
    uint8_t ip[16];
    uint16_t port;
    uint32_t interface;
};

/// A UDP socket whose datagrams no router passes on, to groups or to anybody (not blocking). Returns it, or -errno.
int ink_link_open(int is_six);

/// As `ink_link_open`, bound to the port of a group, which other programs may have, too. It hears the group on the links where it joins.
/// `group` has 4 or 16 bytes in network order, here and below.
int ink_link_listen(int is_six, const uint8_t *group, uint16_t port);

/// Joins the group on the link of an interface, or leaves it. Returns 0 or -errno.
int ink_link_join(int fd, int is_six, const uint8_t *group, uint32_t interface, int joins);

/// Sends a datagram by an interface, from an address that it has; without one the system chooses. Returns its length or -errno.
ssize_t ink_link_send(
    int fd, int is_six, const uint8_t *to, uint16_t port, uint32_t interface, const uint8_t *from, const void *bytes, size_t count);

/// Reads a datagram. Returns its length; 0 for one that is longer than `capacity`, or, where a group is named, was not sent to it; -errno (-EAGAIN)
/// where there is none.
ssize_t ink_link_receive(int fd, const uint8_t *group, uint8_t *bytes, size_t capacity, struct ink_link_sender *sender);

/// Makes a QR code (ISO/IEC 18004) of a text by libqrencode, which is opened by name when it is first asked for: nothing is linked.
///
/// `modules` takes one byte for each module, row by row, 1 for a dark one; 177 * 177 is the most that there is. Returns the modules of a side, 0
/// where the library is not there, -1 for a text that no code holds.
int ink_qr_encode(const char *text, uint8_t *modules, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
