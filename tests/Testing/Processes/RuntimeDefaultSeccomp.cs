using System.Runtime.InteropServices;

namespace Prestop.Testing;

/// <summary>
/// A seccomp filter that denies what containerd's default profile (contrib/seccomp/seccomp_default.go) denies to a container without
/// capabilities: EPERM, but ENOSYS for clone3, whose flags a filter cannot see, so that libc falls back to clone.
/// </summary>
/// <remarks>
/// containerd lists what it allows, this lists what it denies: a system call newer than both is allowed here and EPERM there.
/// </remarks>
internal static class RuntimeDefaultSeccomp
{
    // Classic BPF over struct seccomp_data: seccomp(2), linux/filter.h, linux/audit.h.
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, JumpIfAnyBit = 0x45, Return = 0x06;
    private const int NumberAt = 0, ArchitectureAt = 4, FirstArgumentAt = 16;
    private const uint Allow = 0x7fff0000, Fail = 0x00050000, KillProcess = 0x80000000;
    private const uint NotPermitted = 1, NotImplemented = 38; // EPERM, ENOSYS
    private const uint NewNamespaces = 0x7E020000; // every CLONE_NEW flag that clone can take

    /// <summary>Numbers on x86-64 and on arm64, as in asm/unistd_64.h and asm-generic/unistd.h.</summary>
    private static (string Name, int X64, int Arm64)[] Denied { get; } =
    [
        ("acct", 163, 89),
        ("add_key", 248, 217),
        ("adjtimex", 159, 171),
        ("bpf", 321, 280),
        ("chroot", 161, 51),
        ("clock_adjtime", 305, 266),
        ("clock_settime", 227, 112),
        ("delete_module", 176, 106),
        ("fanotify_init", 300, 262),
        ("finit_module", 313, 273),
        ("fsconfig", 431, 431),
        ("fsmount", 432, 432),
        ("fsopen", 430, 430),
        ("fspick", 433, 433),
        ("get_mempolicy", 239, 236),
        ("init_module", 175, 105),
        ("io_uring_enter", 426, 426),
        ("io_uring_register", 427, 427),
        ("io_uring_setup", 425, 425),
        ("kcmp", 312, 272),
        ("kexec_file_load", 320, 294),
        ("kexec_load", 246, 104),
        ("keyctl", 250, 219),
        ("lookup_dcookie", 212, 18),
        ("mbind", 237, 235),
        ("migrate_pages", 256, 238),
        ("mount", 165, 40),
        ("mount_setattr", 442, 442),
        ("move_mount", 429, 429),
        ("move_pages", 279, 239),
        ("name_to_handle_at", 303, 264),
        ("nfsservctl", 180, 42),
        ("open_by_handle_at", 304, 265),
        ("open_tree", 428, 428),
        ("perf_event_open", 298, 241),
        ("pivot_root", 155, 41),
        ("process_vm_readv", 310, 270),
        ("process_vm_writev", 311, 271),
        ("ptrace", 101, 117),
        ("quotactl", 179, 60),
        ("quotactl_fd", 443, 443),
        ("reboot", 169, 142),
        ("request_key", 249, 218),
        ("set_mempolicy", 238, 237),
        ("setdomainname", 171, 162),
        ("sethostname", 170, 161),
        ("setns", 308, 268),
        ("settimeofday", 164, 170),
        ("swapoff", 168, 225),
        ("swapon", 167, 224),
        ("umount2", 166, 39),
        ("unshare", 272, 97),
        ("userfaultfd", 323, 282),
        ("vhangup", 153, 58),
    ];

    /// <summary>The program as <c>bwrap --seccomp</c> reads it.</summary>
    public static byte[] Filter()
    {
        var (isX64, architecture) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (true, 0xC000003E),
            Architecture.Arm64 => (false, 0xC00000B7),
            var other => throw new HarnessException($"no seccomp filter for {other}: use x64 or arm64, or Seccomp = false"),
        };
        const uint cloneX64 = 56, cloneArm64 = 220, clone3 = 435;
        List<Instruction> program =
        [
            new(LoadWord, 0, 0, ArchitectureAt),
            new(JumpIfEqual, 1, 0, architecture),
            new(Return, 0, 0, KillProcess),
            new(LoadWord, 0, 0, NumberAt),
            .. Denied.SelectMany(call => On((uint)(isX64 ? call.X64 : call.Arm64), new Instruction(Return, 0, 0, Fail | NotPermitted))),
            .. On(clone3, new Instruction(Return, 0, 0, Fail | NotImplemented)),
            .. On(isX64 ? cloneX64 : cloneArm64,
                new Instruction(LoadWord, 0, 0, FirstArgumentAt),
                new Instruction(JumpIfAnyBit, 0, 1, NewNamespaces),
                new Instruction(Return, 0, 0, Fail | NotPermitted)),
            new(Return, 0, 0, Allow),
        ];
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(program)).ToArray();
    }

    private static Instruction[] On(uint call, params Instruction[] then) => [new(JumpIfEqual, 0, (byte)then.Length, call), .. then];

    /// <summary>struct sock_filter of linux/filter.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);
}
