using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Prestop.Linux.Sockets;

/// <summary>A netlink socket that talks to the kernel's socket diagnosis (sock_diag(7)). Not for several threads at once.</summary>
internal sealed partial class NetlinkSocket : IDisposable
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int NETLINK_SOCK_DIAG = 4;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVTIMEO = 20;
    private const int SO_ATTACH_FILTER = 26;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_DONTWAIT = 0x40;
    private const int EINTR = 4;
    private const int EAGAIN = 11;

    /// <summary>The kernel's own word for "some messages were dropped, since nobody read them".</summary>
    public const int ENOBUFS = 105;

    private readonly SafeFileHandle _handle;

    // The kernel fills at most 32 KiB of a dump into one message (netlink_dump in af_netlink.c).
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>Opens a socket.</summary>
    /// <exception cref="NetlinkException">The kernel or a sandbox does not allow it.</exception>
    public NetlinkSocket()
    {
        var descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (descriptor < 0)
        {
            throw new NetlinkException(Marshal.GetLastPInvokeError());
        }

        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Gives up waiting for an answer after a second: the kernel answers while it is asked, so none will come.</summary>
    public unsafe void BoundWaiting()
    {
        TimeValue second = new() { Seconds = 1 };
        Check(setsockopt(_handle, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(TimeValue)));
    }

    /// <summary>Lets only the messages through that a classic BPF program accepts (socket(7), SO_ATTACH_FILTER).</summary>
    /// <param name="program">The instructions.</param>
    public unsafe void Filter(ReadOnlySpan<BpfInstruction> program)
    {
        fixed (BpfInstruction* instructions = program)
        {
            BpfProgram argument = new() { Length = (ushort)program.Length, Instructions = instructions };
            Check(setsockopt(_handle, SOL_SOCKET, SO_ATTACH_FILTER, &argument, sizeof(BpfProgram)));
        }
    }

    /// <summary>Begins to receive what the kernel tells everybody.</summary>
    /// <param name="groups">One bit a group; group 1 is bit 0.</param>
    public unsafe void Join(uint groups)
    {
        NetlinkAddress address = new() { Family = AF_NETLINK, Groups = groups };
        Check(bind(_handle, &address, sizeof(NetlinkAddress)));
    }

    /// <summary>Sends a request, or several behind one another.</summary>
    /// <param name="request">Netlink messages.</param>
    public unsafe void Send(ReadOnlySpan<byte> request)
    {
        NetlinkAddress kernel = new() { Family = AF_NETLINK };
        fixed (byte* bytes = request)
        {
            while (sendto(_handle, bytes, (nuint)request.Length, 0, &kernel, sizeof(NetlinkAddress)) < 0)
            {
                ThrowUnlessInterrupted();
            }
        }
    }

    /// <summary>Receives one datagram. The bytes are good until the next call.</summary>
    /// <exception cref="NetlinkException">The kernel reports an error, or does not answer.</exception>
    public ReadOnlySpan<byte> Receive()
    {
        while (true)
        {
            if (TryReceive(0, out var datagram))
            {
                return datagram;
            }

            ThrowUnlessInterrupted();
        }
    }

    /// <summary>Blocks until something can be received, an error included, or the time is over.</summary>
    /// <param name="atMost">0 to 24 days; a signal may end it sooner.</param>
    public void WaitUntilReadable(TimeSpan atMost) =>
        _ = Poll.Until((int)_handle.DangerousGetHandle(), Poll.In, (int)Math.Ceiling(atMost.TotalMilliseconds));

    /// <summary>Receives one datagram when there is one already. The bytes are good until the next call.</summary>
    /// <param name="datagram">The bytes.</param>
    /// <returns>False when there is none.</returns>
    public bool TryReceiveNow(out ReadOnlySpan<byte> datagram)
    {
        while (!TryReceive(MSG_DONTWAIT, out datagram))
        {
            if (Marshal.GetLastPInvokeError() is EAGAIN)
            {
                return false;
            }

            ThrowUnlessInterrupted();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private unsafe bool TryReceive(int flags, out ReadOnlySpan<byte> datagram)
    {
        nint length;
        fixed (byte* bytes = _buffer)
        {
            length = recv(_handle, bytes, (nuint)_buffer.Length, flags | MSG_TRUNC);
        }

        // With MSG_TRUNC the length is the datagram's own, which may be more than was stored.
        if (length > _buffer.Length)
        {
            throw new NetlinkException($"an answer of {length} bytes was cut off");
        }

        datagram = length < 0 ? default : _buffer.AsSpan(0, (int)length);
        return length >= 0;
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new NetlinkException(Marshal.GetLastPInvokeError());
        }
    }

    private static void ThrowUnlessInterrupted()
    {
        var error = Marshal.GetLastPInvokeError();
        if (error is not EINTR)
        {
            throw new NetlinkException(error);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeFileHandle socket, NetlinkAddress* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int setsockopt(SafeFileHandle socket, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint sendto(SafeFileHandle socket, byte* bytes, nuint length, int flags, NetlinkAddress* to, int toLength);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recv(SafeFileHandle socket, byte* bytes, nuint length, int flags);

    /// <summary>struct sockaddr_nl.</summary>
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint Port;
        public uint Groups;
    }

    /// <summary>struct timeval of 64-bit Linux.</summary>
    private struct TimeValue
    {
        public long Seconds;
        public long Microseconds;
    }

    /// <summary>struct sock_fprog.</summary>
    private unsafe struct BpfProgram
    {
        public ushort Length;
        public BpfInstruction* Instructions;
    }
}

/// <summary>The kernel's socket diagnosis cannot be used, or failed.</summary>
public sealed class NetlinkException : IOException
{
    /// <summary>ENOENT: the answer of a kernel whose modules inet_diag or tcp_diag are not there and cannot be loaded (net/core/sock_diag.c).</summary>
    public const int NoDiagnosis = 2;

    /// <summary>The kernel or a sandbox gave an error.</summary>
    /// <param name="error">The error number.</param>
    public NetlinkException(int error)
        : base("netlink: " + (error is NoDiagnosis ? "this kernel has no tcp_diag" : Marshal.GetPInvokeErrorMessage(error))) => Error = error;

    /// <summary>The kernel gave an answer that cannot be believed.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public NetlinkException(string problem)
        : base("netlink: " + problem)
    {
    }

    /// <summary>The error number (errno); 0 when there is none.</summary>
    public int Error { get; }
}

/// <summary>One instruction of classic BPF (struct sock_filter).</summary>
internal readonly struct BpfInstruction
{
    private const ushort LoadHalfWord = 0x28;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    private readonly ushort _code;
    private readonly byte _jumpIfTrue;
    private readonly byte _jumpIfFalse;
    private readonly uint _operand;

    private BpfInstruction(ushort code, byte jumpIfTrue, uint operand) =>
        (_code, _jumpIfTrue, _jumpIfFalse, _operand) = (code, jumpIfTrue, 0, operand);

    /// <summary>A program that accepts a message when the big-endian number at an offset is one of some.</summary>
    /// <param name="offset">Where the number's two bytes are.</param>
    /// <param name="wanted">The numbers; at most 250, since a jump is one byte long.</param>
    public static BpfInstruction[] AcceptIfHalfWordIsOneOf(uint offset, ReadOnlySpan<ushort> wanted)
    {
        var program = new BpfInstruction[wanted.Length + 3];
        program[0] = new BpfInstruction(LoadHalfWord, 0, offset);
        for (var i = 0; i < wanted.Length; i++)
        {
            program[i + 1] = new BpfInstruction(JumpIfEqual, (byte)(wanted.Length - i), wanted[i]);
        }

        program[^2] = new BpfInstruction(Return, 0, 0);
        program[^1] = new BpfInstruction(Return, 0, uint.MaxValue);
        return program;
    }
}

/// <summary>
/// Walks over the netlink messages of a datagram (struct nlmsghdr, netlink(7)). A message whose length cannot be true ends
/// the walk, and <see cref="IsAtEnd"/> tells.
/// </summary>
/// <param name="datagram">The bytes; any at all.</param>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> datagram)
{
    /// <summary>The length of a message's header.</summary>
    public const int HeaderLength = 16;

    /// <summary>The message reports an error number, or success.</summary>
    public const ushort Error = 2;

    /// <summary>The message is the last of a dump.</summary>
    public const ushort Done = 3;

    /// <summary>Flag: what was dumped changed meanwhile in a way that may have left something out.</summary>
    public const ushort DumpInterrupted = 0x10;

    private const int EPROTO = 71;

    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The kind of message.</summary>
    public ushort Type { get; private set; }

    /// <summary>The message's flags.</summary>
    public ushort Flags { get; private set; }

    /// <summary>The number of the request that this answers.</summary>
    public uint Sequence { get; private set; }

    /// <summary>What stands behind the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>The error number of a <see cref="Error"/> or <see cref="Done"/> message, 0 for success; EPROTO when it carries none.</summary>
    public readonly int ErrorNumber => Payload.Length < 4 ? EPROTO : -BinaryPrimitives.ReadInt32LittleEndian(Payload);

    /// <summary>True when nothing is left of the datagram.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Goes to the next message.</summary>
    /// <returns>False when there is none.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderLength)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length < HeaderLength || length > _rest.Length)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Payload = _rest[HeaderLength..(int)length];
        _rest = _rest[Math.Min(((int)length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
