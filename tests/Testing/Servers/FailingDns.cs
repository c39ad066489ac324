using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>
/// A name server at <see cref="ResolvConf"/> of a <see cref="TestNetwork"/> that fails (SERVFAIL) for one kind of record and knows every name without a
/// record of any other kind.
/// </summary>
public sealed class FailingDns : IDisposable
{
    public const ushort A = 1, Aaaa = 28;

    public const string ResolvConf = "nameserver 127.0.0.2\n";

    private readonly UdpClient _server;
    private readonly Task _answering;

    public FailingDns(TestNetwork network, ushort failsFor)
    {
        _server = network.Inside(() => new UdpClient(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 53)));
        _answering = AnswerAsync(failsFor);
    }

    public void Dispose()
    {
        _server.Dispose();
        _answering.Wait();
    }

    private async Task AnswerAsync(ushort failsFor)
    {
        const int headerLength = 12, flagsAt = 2, response = 0x8180, serverFailure = 2; // RFC 1035, section 4.1
        try
        {
            while (true)
            {
                var query = await _server.ReceiveAsync();
                var end = headerLength;
                while (query.Buffer[end] != 0)
                {
                    end += query.Buffer[end] + 1;
                }

                var answer = query.Buffer[..(end + 5)]; // the question alone: name, type, class
                var type = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(end + 1));
                BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(flagsAt), (ushort)(response | (type == failsFor ? serverFailure : 0)));
                answer.AsSpan(6, 6).Clear(); // no answers, authorities or additions
                await _server.SendAsync(answer, query.RemoteEndPoint);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
        }
    }
}
