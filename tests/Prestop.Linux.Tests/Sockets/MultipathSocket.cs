using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Prestop.Linux.Tests.Sockets;

/// <summary>MPTCP sockets, which .NET does not make by itself.</summary>
internal static partial class MultipathSocket
{
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int IPPROTO_MPTCP = 262;

    public static Socket Create(AddressFamily family)
    {
        var descriptor = socket(family is AddressFamily.InterNetwork ? 2 : 10, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
        return descriptor < 0 ? throw new SocketException() : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);
}
