using System.Runtime.InteropServices;

namespace Prestop.Linux.Sockets;

/// <summary>
/// The socket table by netlink: needs no privilege, only that the sandbox allows the socket.
/// </summary>
/// <remarks>
/// <para>Connections that open and close between two looks leave nothing in the table when the other side closes first: not
/// even TIME_WAIT. So the table also joins the groups in which the kernel announces every socket that it destroys, with its
/// last tcp_info (net/core/sock_diag.c, since Linux 4.2; open to everybody, NL_CFG_F_NONROOT_RECV). A filter in the kernel
/// drops what is about other ports.</para>
/// <para>A dump walks all buckets and sockets of the machine's hash, so its price grows with the sockets of all pods on the
/// node. Between complete dumps the connections that are known are asked for one by one, through the hash. That misses none
/// as long as PassiveOpens of the namespace stands still, for then nobody has opened another one.</para>
/// <para>Whatever cannot be understood or is incomplete is an error, never an empty table: that would be the end of a wait.</para>
/// </remarks>
internal sealed class NetlinkTable : ISocketTable
{
    private const uint DestroyedIPv4 = 1 << 0; // SKNLGRP_INET_TCP_DESTROY
    private const uint DestroyedIPv6 = 1 << 2; // SKNLGRP_INET6_TCP_DESTROY
    private const int DumpAttempts = 5;
    private const int ENOENT = 2;
    private const int EINVAL = 22;
    private const int ESTALE = 116;

    // Above this a dump is cheaper than asking one by one, and the list need not grow.
    private const int MaxKnown = 256 * InetDiag.ExactRequestLength;

    // Their answers wait in the socket's receive buffer, which holds 200 or so by default.
    private const int RequestsAtOnce = 64;

    private readonly ushort[] _ports;
    private readonly NetlinkSocket _questions = new();
    private readonly NetlinkSocket _notices = new();
    private readonly List<byte> _known = []; // as requests, ready to be sent
    private uint _sequence;
    private long? _passiveOpens;
    private bool _diagnosesMultipath = true;
    private bool _hasMultipath;

    /// <summary>Opens the table, and begins to note which sockets end.</summary>
    /// <param name="ports">The local ports, 1 to 64 of them.</param>
    /// <exception cref="NetlinkException">The kernel or a sandbox does not allow it.</exception>
    public NetlinkTable(ushort[] ports)
    {
        _ports = ports;
        try
        {
            _questions.BoundWaiting();
            _notices.Filter(BpfInstruction.AcceptIfHalfWordIsOneOf(InetDiag.LocalPortOffset, ports));
            _notices.Join(DestroyedIPv4 | DestroyedIPv6);
            ReadFirst();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string? Blindness => null;

    /// <inheritdoc/>
    public bool Announces => true;

    /// <inheritdoc/>
    public void WaitForEnded(TimeSpan atMost) => _notices.WaitUntilReadable(atMost);

    /// <inheritdoc/>
    public void Read(SocketReading reading, ReadingDepth depth)
    {
        reading.Begin(depth);
        if (depth is not ReadingDepth.Ended)
        {
            // Read before the table is: a connection that opens in between then shows at the next reading.
            var opens = ReadPassiveOpens();
            if (depth is ReadingDepth.Everything || opens is null || opens != _passiveOpens || _known.Count > MaxKnown)
            {
                DumpAll(reading, withMultipath: depth is ReadingDepth.Everything || _hasMultipath);
                _passiveOpens = opens;
            }
            else if (!AskForKnown(reading))
            {
                DumpAll(reading, withMultipath: true);
            }
        }

        // After the open ones, so that a connection that ends meanwhile is in one of the two.
        ReadNotices(reading);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _questions.Dispose();
        _notices.Dispose();
    }

    /// <summary>Shows that the table can be read and, where it shows nothing at all, that /proc/net/tcp says the same.</summary>
    private void ReadFirst()
    {
        var first = new FirstReading();
        Read(first, ReadingDepth.Everything);
        if (first.IsEmpty && ProcTable.ShowsAny(_ports))
        {
            // What opened in between is no contradiction.
            Read(first, ReadingDepth.Everything);
            if (first.IsEmpty)
            {
                throw new NetlinkException("it shows no socket where /proc/net/tcp does");
            }
        }
    }

    private void ReadNotices(SocketReading reading)
    {
        while (true)
        {
            try
            {
                while (_notices.TryReceiveNow(out var datagram))
                {
                    AddEnded(datagram, reading);
                }

                return;
            }
            catch (NetlinkException overrun) when (overrun.Error is NetlinkSocket.ENOBUFS)
            {
                reading.AddEndedUnseen();
            }
        }
    }

    private static long? ReadPassiveOpens()
    {
        try
        {
            return TcpCounters.Read().PassiveOpens;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void AddEnded(ReadOnlySpan<byte> datagram, SocketReading reading)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            if (messages.Type == InetDiag.ByFamily && InetDiag.TryRead(messages.Payload, out var socket, out _, out _))
            {
                reading.AddEnded(socket);
            }
            else
            {
                reading.AddEndedUnseen();
            }
        }
    }

    private void DumpAll(SocketReading reading, bool withMultipath)
    {
        for (var attempt = 1; ; attempt++)
        {
            reading.BeginEverything();
            _known.Clear();
            if (Dump(InetDiag.IPv4, reading) & Dump(InetDiag.IPv6, reading) & (!withMultipath || DumpMultipath(reading)))
            {
                return;
            }

            if (attempt == DumpAttempts)
            {
                throw new NetlinkException($"the socket table changed during each of {DumpAttempts} dumps");
            }
        }
    }

    /// <summary>Reads the MPTCP sockets, where the kernel can tell of them: only there is seen what their programs have not read.</summary>
    /// <returns>False when the kernel says that some may be missing.</returns>
    private bool DumpMultipath(SocketReading reading)
    {
        try
        {
            return !_diagnosesMultipath
                || Dump(InetDiag.IPv4, reading, multipath: true) & Dump(InetDiag.IPv6, reading, multipath: true);
        }
        catch (NetlinkException refusal) when (refusal.Error is ENOENT or EINVAL)
        {
            // Before Linux 5.9, without MPTCP or without the module mptcp_diag.
            _diagnosesMultipath = false;
            return true;
        }
    }

    /// <summary>Reads the sockets of one family.</summary>
    /// <returns>False when the kernel says that some may be missing.</returns>
    private bool Dump(byte family, SocketReading reading, bool multipath = false)
    {
        var complete = true;
        var sequence = ++_sequence;
        _questions.Send(InetDiag.DumpRequest(family, multipath, _ports, sequence));
        while (true)
        {
            var messages = new NetlinkMessages(_questions.Receive());
            while (messages.MoveNext())
            {
                if (messages.Sequence != sequence)
                {
                    continue;
                }

                complete &= (messages.Flags & NetlinkMessages.DumpInterrupted) == 0;
                if (messages.Type is NetlinkMessages.Done or NetlinkMessages.Error)
                {
                    // A dump's last message carries the error that ended it, if one did. It may also be the only one.
                    return (messages.Type, messages.ErrorNumber) switch
                    {
                        (NetlinkMessages.Done, 0) => complete,
                        (_, 0) => throw NotUnderstood(),
                        (_, var error) => throw new NetlinkException(error),
                    };
                }

                Add(messages, multipath, reading);
            }

            if (!messages.IsAtEnd)
            {
                throw NotUnderstood();
            }
        }
    }

    private void Add(in NetlinkMessages message, bool multipath, SocketReading reading)
    {
        if (multipath && message.Type is InetDiag.ByFamily && InetDiag.TryReadMultipath(message.Payload, out var whole))
        {
            // A listener is among the TCP sockets too.
            _hasMultipath = true;
            if (whole.State is not TcpState.Listen)
            {
                reading.AddOpen(whole);
            }
        }
        else if (!multipath && message.Type is InetDiag.ByFamily && InetDiag.TryRead(message.Payload, out var socket, out var family, out var identity))
        {
            reading.AddOpen(socket);
            if (socket.State is not TcpState.Listen && _known.Count <= MaxKnown)
            {
                InetDiag.AppendExactRequest(_known, family, identity);
            }
        }
        else
        {
            throw NotUnderstood();
        }
    }

    private static NetlinkException NotUnderstood() => new("an answer is not understood");

    /// <summary>Reads the connections that are known one by one.</summary>
    /// <returns>False when the kernel says that some may be missing.</returns>
    private bool AskForKnown(SocketReading reading)
    {
        var rest = CollectionsMarshal.AsSpan(_known);
        while (!rest.IsEmpty)
        {
            var batch = rest[..Math.Min(RequestsAtOnce * InetDiag.ExactRequestLength, rest.Length)];
            rest = rest[batch.Length..];
            var sequence = ++_sequence;
            InetDiag.Number(batch, sequence);
            _questions.Send(batch);
            for (var missing = batch.Length / InetDiag.ExactRequestLength; missing > 0;)
            {
                missing -= ReadAnswers(sequence, reading);
            }
        }

        return !_hasMultipath || DumpMultipath(reading);
    }

    /// <summary>Reads one datagram of answers. Two errors are answers too: the socket is gone (ENOENT), or another has its addresses (ESTALE).</summary>
    private int ReadAnswers(uint sequence, SocketReading reading)
    {
        var answers = 0;
        var messages = new NetlinkMessages(_questions.Receive());
        while (messages.MoveNext())
        {
            if (messages.Sequence != sequence)
            {
                continue;
            }

            answers++;
            if (messages.Type is NetlinkMessages.Error)
            {
                if (messages.ErrorNumber is not (ENOENT or ESTALE))
                {
                    throw new NetlinkException(messages.ErrorNumber);
                }
            }
            else if (messages.Type is InetDiag.ByFamily && InetDiag.TryRead(messages.Payload, out var socket, out _, out _))
            {
                reading.AddOpen(socket);
            }
            else
            {
                throw NotUnderstood();
            }
        }

        return messages.IsAtEnd ? answers : throw NotUnderstood();
    }
}
