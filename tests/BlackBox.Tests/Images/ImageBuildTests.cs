using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Images;

/// <summary><c>./build.sh image</c> and <c>release</c> with engines that write down what they are told. No engine of this machine can be reached.</summary>
public sealed class ImageBuildTests : IDisposable
{
    private static readonly string[] Programs = ["sleep", "prestop", "prestopd"];

    private readonly TemporaryFolder _path = new();

    public ImageBuildTests()
    {
        foreach (var tool in new[] { "bash", "dirname", "git", "mkdir", "sed", "uname" })
        {
            File.CreateSymbolicLink(_path[tool], SystemProgram.Find(tool, "coreutils"));
        }
    }

    public void Dispose() => _path.Dispose();

    private string[] Calls => File.Exists(_path["calls"]) ? File.ReadAllLines(_path["calls"]) : [];

    [Theory]
    [InlineData("docker", "podman", "buildah")]
    [InlineData("podman", "buildah")]
    [InlineData("podman")]
    public async Task The_first_engine_builds_each_image_and_runs_it_once(params string[] engines)
    {
        Array.ForEach(engines, engine => Engine(engine));

        await BuildAsync(0, "image", "--tag", "registry.example/shop", "--no-cache");

        Assert.Equal($"{engines[0]} info", Calls[0]);
        Assert.Equal(Programs.Select(program => $"{engines[0]} run --rm --network none registry.example/shop/{program}:{Version} --version"), Calls[^3..]);
        Assert.All(Programs.Zip(Calls[1..^3]), built =>
        {
            Assert.StartsWith($"{engines[0]} build -f Dockerfile.build --target {built.First} --build-arg VERSION={Version} --build-arg REVISION=", built.Second, StringComparison.Ordinal);
            Assert.EndsWith($" -t registry.example/shop/{built.First}:{Version} -t registry.example/shop/{built.First}:latest --no-cache .", built.Second, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Buildah_runs_a_container_that_it_removes()
    {
        Engine("buildah");

        await BuildAsync(0, "image");

        Assert.Equal(
            Programs.SelectMany(program => new[]
            {
                $"buildah from prestopsleep/{program}:{Version}",
                $"buildah run working-container -- /bin/{program} --version",
                "buildah rm working-container",
            }),
            Calls[^9..]);
    }

    [Fact]
    public async Task A_docker_without_its_daemon_is_passed_over()
    {
        Engine("docker", info: 1);
        Engine("podman");

        await BuildAsync(0, "image");

        Assert.Equal(["docker info", "podman info"], Calls[..2]);
        Assert.DoesNotContain(Calls[2..], call => call.StartsWith("docker", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_an_engine_it_says_what_it_needs()
    {
        var build = await BuildAsync(1, "image");

        Assert.Equal(["build.sh: image: needs docker, podman or buildah, and none works here: ask 'docker info'"], build.Stderr.Lines);
    }

    [Theory]
    [InlineData("--platform=linux/arm64")]
    [InlineData("--push")]
    [InlineData("--output=type=oci")]
    public async Task What_may_be_for_another_machine_or_place_is_not_run(string option)
    {
        Engine("docker");

        await BuildAsync(0, "image", option);

        Assert.Equal(4, Calls.Length);
        Assert.All(Calls[1..], call => Assert.EndsWith($" {option} .", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_that_does_not_tell_its_version_fails()
    {
        Engine("docker", says: "exec format error");

        var build = await BuildAsync(1, "image");

        Assert.Equal([$"build.sh: image: prestopsleep/sleep:{Version} does not tell its version: exec format error"], build.Stderr.Lines);
    }

    [Fact]
    public async Task A_release_is_pushed_with_sbom_and_provenance_and_joined_for_both_architectures()
    {
        Engine("docker");

        await BuildAsync(0, "release", "ghcr.io/Someone/");
        await BuildAsync(0, "release", "ghcr.io/Someone/", "join");

        var architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture is System.Runtime.InteropServices.Architecture.X64 ? "amd64" : "arm64";
        Assert.Equal("docker buildx create --name prestopsleep --driver docker-container", Calls[0]);
        Assert.All(Programs.Zip(Calls[1..4]), pushed =>
        {
            Assert.StartsWith($"docker buildx build --builder prestopsleep -f Dockerfile.build --target {pushed.First} ", pushed.Second, StringComparison.Ordinal);
            Assert.EndsWith($" --sbom=true --provenance=mode=max --push -t ghcr.io/someone/{pushed.First}:{Version}-{architecture} .", pushed.Second, StringComparison.Ordinal);
        });
        Assert.Equal(
            Programs.Select(program =>
                $"docker buildx imagetools create -t ghcr.io/someone/{program}:{Version} -t ghcr.io/someone/{program}:latest ghcr.io/someone/{program}:{Version}-amd64 ghcr.io/someone/{program}:{Version}-arm64"),
            Calls[4..]);
    }

    [Fact]
    public async Task A_tag_that_is_not_the_version_releases_nothing()
    {
        Engine("docker");

        var build = await BuildAsync(2, ["release", "ghcr.io/someone/"], new() { ["GITHUB_REF_TYPE"] = "tag", ["GITHUB_REF_NAME"] = "v9.9.9" });

        Assert.Equal([$"build.sh: release: the tag is v9.9.9, Directory.Build.props says {Version}: make them the same"], build.Stderr.Lines);
        Assert.Empty(Calls);
    }

    private static string Version { get; } =
        System.Xml.Linq.XElement.Load(Repository.PathTo("Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>An engine that writes its arguments into <c>calls</c>, and answers as the real one does.</summary>
    private void Engine(string name, int info = 0, string? says = null)
    {
        _path.Write(name, $"""
            #!{SystemProgram.Find("sh", "dash")}
            echo "{name} $*" >>"{_path["calls"]}"
            case "$1" in
              info) exit {info} ;;
              from) echo working-container ;;
              run) echo "{says ?? $"a program {Version}"}" ;;
            esac

            """);
        File.SetUnixFileMode(_path[name], (UnixFileMode)0b111_101_101);
    }

    private Task<Child> BuildAsync(int code, params string[] arguments) => BuildAsync(code, arguments, []);

    private async Task<Child> BuildAsync(int code, string[] arguments, Dictionary<string, string> environment)
    {
        environment["PATH"] = _path.Path;
        environment["HOME"] = _path.Path;
        await using var build = new OnHost { Environment = environment }.Run(_path["bash"], [Repository.PathTo("build.sh"), .. arguments]);
        await build.ExitsWithAsync(code);
        return build;
    }
}
