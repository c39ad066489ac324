using Prestop.Testing;
using Xunit;

namespace Prestop.Kubeconfig.Tests;

/// <summary>A folder with kubeconfig files, the environment that points there, and a clock.</summary>
internal sealed class ConfigFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("kubeconfig-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public FakeClock Time { get; } = new();

    /// <summary>The context that is asked for.</summary>
    public string? Context { get; set; }

    /// <summary>A kubeconfig with one cluster, one user and one context, all called <c>dev</c>.</summary>
    public static string Config(string cluster, string user = "", string context = "") => $"""
        apiVersion: v1
        kind: Config
        current-context: dev
        clusters:
        - name: dev
          cluster:
            {Indented(cluster, 4)}
        users:
        - name: dev
          user:
            {Indented(user, 4)}
        contexts:
        - name: dev
          context:
            cluster: dev
            user: dev
            {Indented(context, 4)}
        """;

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string PathOf(string name) => Path.Join(Root, name);

    /// <summary>Writes a shell script that can be run.</summary>
    public string WriteScript(string name, string text)
    {
        var path = Write(name, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public KubeconfigAccess? Load(string? file, out string problem) => KubeconfigAccess.Load(
        new KubeconfigChoice { File = file, Context = Context, Variable = Variables.GetValueOrDefault, Time = Time }, out problem);

    /// <summary>Loads the one file, which must be right.</summary>
    public KubeconfigAccess Good(string text) =>
        Load(Write("config", text), out var problem) ?? throw new InvalidOperationException(problem);

    /// <summary>What is wrong with the one file; the path of the folder is left out.</summary>
    public string Problem(string text)
    {
        Assert.Null(Load(Write("config", text), out var problem));
        Assert.DoesNotContain('\n', problem);
        return problem.Replace(Root + "/", "", StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static string Indented(string text, int by) => text.Replace("\n", "\n" + new string(' ', by), StringComparison.Ordinal);
}
