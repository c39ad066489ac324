
namespace Sleep;

/// <summary>The texts that are not about the command line. Each returns the exit status that goes with it.</summary>
internal static unsafe class Print
{
    public static int Help(byte* programName)
    {
        var text = new Message(StandardStream.Output);
        text.Add("Usage: "u8).AddName(programName).Add(
            """
             DURATION...
            Wait for as long as all DURATIONs together, then exit.

              30  1.5  1e3  0x1p-3   seconds, or with s, m, h or d behind it seconds to days
              1m30s  500ms           numbers with units: ns, us, ms, s, m, h, d
              PT1M30S                ISO 8601, days to seconds
              infinity               until a signal ends it

              --help                 print this text and exit
              --version              print the version and exit

            Exit status: 0 when the time has passed, 1 when a DURATION is not one.

            """u8);
        return Finish(programName, ref text);
    }

    public static int Version(byte* programName)
    {
        var text = new Message(StandardStream.Output);
        text.Add("sleep (PrestopSleep) "u8).Add(BuildVersion.Text).Add("\n"u8);
        return Finish(programName, ref text);
    }

    /// <summary>Says what failed and why.</summary>
    public static int Failure(byte* programName, ReadOnlySpan<byte> what, int error)
    {
        var complaint = new Message(StandardStream.Error);
        complaint.AddName(programName).Add(": "u8).Add(what).Add(": "u8).Add(ErrorText.For(error)).Add("\n"u8).Send();
        return 1;
    }

    private static int Finish(byte* programName, ref Message text)
    {
        var error = text.Send();
        return error == 0 ? 0 : Failure(programName, "write error"u8, error);
    }
}
