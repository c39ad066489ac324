using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Access;

namespace Prestop.Kubeconfig;

/// <summary>
/// Credentials from a program that the kubeconfig names, such as <c>aws eks get-token</c> ("client-go credential plugins" in the Kubernetes
/// documentation). It is run when there are none yet, when those there are expire, and when the API server refuses them; by one caller at a
/// time, whom all others wait for. It is never given a terminal.
/// </summary>
internal sealed class ExecCredentials : IApiCredentials
{
    /// <summary>How long the program may take.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const int LongestOutput = 1024 * 1024;
    private const int LongestHint = 300;

    private readonly Lock _lock = new();
    private readonly KubeconfigEntry _entry;
    private readonly KubeconfigChoice _choice;
    private readonly string _apiVersion;
    private readonly string _command;
    private readonly IReadOnlyList<string> _arguments;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly string _info;
    private ApiCredential _credential = ApiCredential.Missing("the plugin has not run yet");
    private ExecStatus? _status;
    private Task? _running;

    private ExecCredentials(KubeconfigEntry entry, KubeconfigEntry cluster, KubeconfigChoice choice)
    {
        (_entry, _choice) = (entry, choice);
        _apiVersion = entry.Text("apiVersion") switch
        {
            { } version and ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1") => version,
            _ => throw entry.Problem("apiVersion", "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"),
        };
        var command = entry.Text("command") ?? throw entry.Problem("command", "is not set");
        _command = command.Contains('/', StringComparison.Ordinal) ? entry.Absolute(command) : command;
        _arguments = [.. entry.Items("args").Select(item => item.Text ?? throw entry.Problem("args", "must be a list of texts"))];
        _variables = VariablesOf(entry);
        CheckMode(entry, _apiVersion);
        _info = InfoFor(_apiVersion, entry.Flag("provideClusterInfo") ? cluster : null).ToJsonString();
    }

    /// <inheritdoc/>
    public ApiCredential Current
    {
        get
        {
            lock (_lock)
            {
                return _credential;
            }
        }
    }

    /// <summary>Reads the <c>exec</c> part of a user. The program is not run yet.</summary>
    /// <param name="exec">The part.</param>
    /// <param name="cluster">The cluster, of which the program is told when it asks for it.</param>
    /// <param name="choice">The clock and the environment.</param>
    public static ExecCredentials Of(KubeconfigEntry exec, KubeconfigEntry cluster, KubeconfigChoice choice) => new(exec, cluster, choice);

    /// <inheritdoc/>
    public Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var isGood = _credential.Problem.Length == 0 && !(_status?.Expiration <= _choice.Time.GetUtcNow());
            if (isGood && !ReferenceEquals(_credential, refused))
            {
                return Task.CompletedTask;
            }

            // Not the caller's to call off: the others wait for it too, and a login that takes long would never come to its end.
            _running ??= Task.Run(RunOnceAsync, CancellationToken.None);
            return _running.WaitAsync(cancellation);
        }
    }

    private static Dictionary<string, string> VariablesOf(KubeconfigEntry entry)
    {
        var variables = new Dictionary<string, string>();
        foreach (var item in entry.Items("env"))
        {
            if (item.Fields is null || item.Fields.GetValueOrDefault("name")?.Text is not { Length: > 0 } name || name.Contains('=', StringComparison.Ordinal))
            {
                throw entry.Problem("env", "must be a list of name and value");
            }

            variables[name] = item.Fields.GetValueOrDefault("value")?.Text ?? "";
        }

        return variables;
    }

    private static void CheckMode(KubeconfigEntry entry, string apiVersion)
    {
        switch (entry.Text("interactiveMode"))
        {
            case "Never" or "IfAvailable":
            case null when apiVersion.EndsWith("/v1beta1", StringComparison.Ordinal):
                return;
            case null:
                throw entry.Problem("interactiveMode", "is not set; with v1 it must be Never, IfAvailable or Always");
            case "Always":
                throw entry.Problem("interactiveMode", "is Always, and this program gives its plugins no terminal");
            default:
                throw entry.Problem("interactiveMode", "must be Never, IfAvailable or Always");
        }
    }

    private static JsonObject InfoFor(string apiVersion, KubeconfigEntry? cluster)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (cluster is not null)
        {
            var told = new JsonObject { ["server"] = cluster.Text("server") };
            if (cluster.Text("tls-server-name") is { } serverName)
            {
                told["tls-server-name"] = serverName;
            }

            if (cluster.Flag("insecure-skip-tls-verify"))
            {
                told["insecure-skip-tls-verify"] = true;
            }

            if (cluster.Content("certificate-authority", out _) is { } authorities)
            {
                told["certificate-authority-data"] = Convert.ToBase64String(authorities);
            }

            if (cluster.Text("proxy-url") is { } proxy)
            {
                told["proxy-url"] = proxy;
            }

            told["config"] = ConfigIn(cluster);
            spec["cluster"] = told;
        }

        return new JsonObject { ["kind"] = "ExecCredential", ["apiVersion"] = apiVersion, ["spec"] = spec };
    }

    /// <summary>What the cluster's author wrote for plugins: an extension with a name of its own.</summary>
    private static JsonNode? ConfigIn(KubeconfigEntry cluster)
    {
        try
        {
            return cluster.Items("extensions")
                .FirstOrDefault(item => item.Fields?.GetValueOrDefault("name")?.Text == "client.authentication.k8s.io/exec")
                ?.Fields?.GetValueOrDefault("extension")?.ToJson();
        }
        catch (KubeconfigException thrown)
        {
            throw cluster.Problem("extensions", $"hold {thrown.Message}");
        }
    }

    private async Task RunOnceAsync()
    {
        var credential = ApiCredential.Missing("the plugin failed");
        ExecStatus? status = null;
        try
        {
            status = Parse(await RunAsync());
            credential = status.ToCredential() ?? throw Problem("gives a certificate and a key that are not PEM or do not belong together");
        }
        catch (KubeconfigException thrown)
        {
            credential = ApiCredential.Missing(thrown.Message);
        }
        finally
        {
            lock (_lock)
            {
                // The same ones again stay the same object, so that connections with their certificate can be kept.
                if (credential.Problem.Length > 0 || _status is null || !status!.IsSameAs(_status))
                {
                    _credential = credential;
                }

                _status = credential.Problem.Length > 0 ? null : status;
                _running = null;
            }
        }
    }

    private async Task<string> RunAsync()
    {
        var start = new ProcessStartInfo(Executable(), _arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in _variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = _info;
        try
        {
            using var process = Process.Start(start) ?? throw Problem("cannot be started");
            process.StandardInput.Close();
            try
            {
                return await ReadAsync(process).WaitAsync(Longest, _choice.Time);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                throw Problem($"has not ended after {Longest.TotalSeconds:0} s");
            }
        }
        catch (Exception thrown) when (thrown is Win32Exception or IOException)
        {
            throw Problem("cannot be started");
        }
    }

    private async Task<string> ReadAsync(Process process)
    {
        var output = new StringBuilder();
        var part = new char[4096];
        while (await process.StandardOutput.ReadAsync(part) is > 0 and int read)
        {
            // What is too long is read to its end all the same: a program that cannot write would not end.
            output.Append(part, 0, output.Length > LongestOutput ? 0 : read);
        }

        await process.WaitForExitAsync();
        return process.ExitCode != 0
            ? throw Problem(string.Create(CultureInfo.InvariantCulture, $"ended with exit code {process.ExitCode}; what it says of it is on standard error"))
            : output.Length > LongestOutput ? throw Problem($"says more than {LongestOutput} characters")
            : output.ToString();
    }

    // Process.Start would look beside this program and in the working directory first.
    private string Executable()
    {
        if (_command.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(_command) ? _command : throw Missing($"names {_command}, which does not exist");
        }

        foreach (var directory in (_choice.Variable("PATH") ?? "").Split(':'))
        {
            if (Path.IsPathRooted(directory) && File.Exists(Path.Join(directory, _command)))
            {
                return Path.Join(directory, _command);
            }
        }

        throw Missing($"names {_command}, which is nowhere in PATH");
    }

    private KubeconfigException Missing(string problem)
    {
        var hint = _entry.Text("installHint") is { } text
            ? string.Join(' ', text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
            : "";
        return _entry.Problem("command", hint.Length == 0 ? problem : $"{problem}; {hint[..Math.Min(hint.Length, LongestHint)]}");
    }

    private KubeconfigException Problem(string problem) => _entry.Problem("command", $"{_command} {problem}");

    /// <summary>Reads what the program says. Nothing of it may stand in a message: it holds secrets.</summary>
    private ExecStatus Parse(string output)
    {
        try
        {
            var root = JsonNode.Parse(output) as JsonObject;
            if ((string?)root?["kind"] != "ExecCredential" || (string?)root["apiVersion"] != _apiVersion)
            {
                throw Problem($"must answer with an ExecCredential of {_apiVersion}");
            }

            var status = root["status"] as JsonObject ?? throw Problem("answers without a status");
            string? token = (string?)status["token"], certificate = (string?)status["clientCertificateData"], key = (string?)status["clientKeyData"];
            if (token is null && certificate is null && key is null)
            {
                throw Problem("answers with neither a token nor a certificate");
            }

            if (certificate is null != key is null)
            {
                throw Problem("answers with only one of clientCertificateData and clientKeyData");
            }

            return new ExecStatus(
                token is null || ApiCredential.IsToken(token) ? token : throw Problem("answers with a token that holds blanks or other characters that no token has"),
                certificate,
                key,
                (string?)status["expirationTimestamp"] is { } text ? Time(text) : null);
        }
        catch (Exception thrown) when (thrown is JsonException or InvalidOperationException)
        {
            throw Problem("answers with something else than an ExecCredential in JSON");
        }
    }

    private DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Problem("answers with an expirationTimestamp that is not a time as in 2026-01-31T10:00:00Z");

    private sealed record ExecStatus(string? Token, string? Certificate, string? Key, DateTimeOffset? Expiration)
    {
        public bool IsSameAs(ExecStatus other) => (Token, Certificate, Key) == (other.Token, other.Certificate, other.Key);

        public ApiCredential? ToCredential()
        {
            var certificate = Certificate is null ? null : UserCredentials.Certificate(Certificate, Key!);
            return Certificate is not null && certificate is null ? null : new ApiCredential(Token, certificate);
        }
    }
}
