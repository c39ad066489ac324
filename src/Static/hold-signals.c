/*
 * Holds SIGTERM and SIGINT back from the first instruction on, until managed code has handlers for them
 * (HeldSignals.Release in Prestop.Linux). The kernel drops a signal for the first process of a PID namespace that has no
 * handler for it (pid_namespaces(7)), but keeps one that is blocked (kernel/signal.c, sig_ignored). Managed code comes too late
 * for that: under a CPU limit of 50m the runtime's own start takes up to 70 ms. Every thread blocks what its creator blocks, the
 * runtime's own among them.
 */
#include <signal.h>

static sigset_t before;

/* Whether the signal was blocked when the process was started. */
int was_blocked(int signal)
{
    return sigismember(&before, signal);
}

static void hold(void)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &before);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = hold;
