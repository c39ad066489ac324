using Bench.Processes;
using Prestop.Testing;

namespace Bench.Peers;

/// <summary>The least possible sleep in C, <c>Peers/sleep.c</c>, compiled in the ways that matter: full paths.</summary>
internal sealed record PeerPrograms(string Musl, string MuslLinkedAsOurs, string StaticGlibc, string DynamicGlibc)
{
    public static PeerPrograms Compile(TemporaryFolder folder)
    {
        var musl = SystemProgram.Find("musl-gcc", "musl-tools");
        var glibc = SystemProgram.Find("gcc", "gcc");
        return new PeerPrograms(
            Compiled("sleep-musl", musl, "-static", "-Os", "-s"),
            // The linker options of src/Sleep/Sleep.csproj: what is left then is the difference of the programs.
            Compiled("sleep-musl-linked", musl, "-static", "-no-pie", "-Os", "-s", "-Wl,--gc-sections,-z,norelro,-z,noseparate-code,--build-id=none"),
            Compiled("sleep-glibc-static", glibc, "-static", "-O2", "-s"),
            Compiled("sleep-glibc", glibc, "-O2", "-s"));

        string Compiled(string name, string compiler, params string[] options)
        {
            new Command(compiler, [.. options, "-o", folder[name], Repository.PathTo("tests", "Bench", "Peers", "sleep.c")]).Run();
            return folder[name];
        }
    }
}
