using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Core.Options;
using Prestop.Kubeconfig;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Json;
using Prestop.Linux.Streams;
using Prestopd.Hosting;

namespace Prestopd.Controller.Audit;

/// <summary><c>prestopd controller audit</c>: its command line, and what it prints.</summary>
internal static class AuditCommand
{
    /// <summary>The longest file that is read, in bytes. As JSON it takes many times as much memory.</summary>
    private const int LongestFile = 10 * 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "controller audit",
        "Lists every workload of a cluster, or of manifests, that would lose requests when its pods end, and why. Exit code 1 when there is one.",
        [
            ControllerNames.Audit.File, ClusterChoice.Kubeconfig, ControllerNames.Audit.Context, ControllerNames.Audit.Namespace,
            ControllerNames.Audit.AllNamespaces, ControllerNames.Audit.Mode, ControllerNames.Audit.Output,
        ],
        options =>
        {
            var isJson = options.Choice(ControllerNames.Audit.Output) is "json";
            var mode = DrainPolicy.ModeOf(options.Choice(ControllerNames.Audit.Mode));
            var files = options.Texts(ControllerNames.Audit.File);
            if (files.Count > 0)
            {
                var manifests = ReadFiles(options, files, mode);
                return _ => Task.FromResult(Print(manifests, isJson));
            }

            var cluster = FindCluster(options);
            return process => RunAsync(cluster!, mode, isJson, process);
        });

    /// <summary>The cluster with the namespace that is meant; null where there is none, which the options' problems tell.</summary>
    private static (ClusterAccess Access, string? Namespace)? FindCluster(OptionReader options)
    {
        var name = options.Text(ControllerNames.Audit.Namespace);
        var isAll = options.Flag(ControllerNames.Audit.AllNamespaces);
        if (isAll && name is not null)
        {
            options.Refuse(ControllerNames.Audit.Namespace, name, $"{ControllerNames.Audit.AllNamespaces.Name} is given too; write one of them");
        }

        if (ClusterChoice.Find(options, options.Text(ControllerNames.Audit.Context), out var problem) is { } found)
        {
            return (found.Access, isAll ? null : name ?? found.Namespace);
        }

        options.Add($"no cluster to look at: {problem}; or write {ControllerNames.Audit.File.ShortName} FILE, or {ControllerNames.Audit.File.ShortName} - for standard input");
        return null;
    }

    private static async Task<int> RunAsync((ClusterAccess Access, string? Namespace)? cluster, DrainMode mode, bool isJson, ThisProcess process)
    {
        using var interruption = new Interruption(process.Signals);
        using var client = new ApiClient(cluster!.Value.Access, ConnectTimeout, process.Time);
        var warnings = new List<string>();
        try
        {
            var read = await new ClusterReader(client, cluster.Value.Namespace, process.Time).ReadAsync(mode, warnings, interruption.Token);
            warnings.ForEach(Say);
            if (read.Succeeded)
            {
                return Print(read.Value, isJson);
            }

            Say(read.Error.Message + ClusterReader.AdviceOn(read.Error));
            return ExitCodes.Broken;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return interruption.ExitCode;
        }

        void Say(string line) => LogTarget.StandardError.TryWrite(Encoding.UTF8.GetBytes($"{process.Command}: {OneLine.Of(line)}\n"));
    }

    /// <summary>Prints what is found.</summary>
    /// <returns>The exit code.</returns>
    private static int Print(Manifests manifests, bool isJson)
    {
        var findings = AuditRules.Run(manifests);
        var isWritten = StandardOutput.TryWrite(isJson ? Json(findings) : Text(findings));
        return !isWritten ? ExitCodes.Broken : findings.Any(finding => finding.LosesRequests) ? ExitCodes.FlawedPlan : ExitCodes.Done;
    }

    private static Manifests ReadFiles(OptionReader options, IReadOnlyList<string> files, DrainMode mode)
    {
        const string Contradiction = "with --file no cluster is asked; leave one of them out";
        foreach (var option in (OptionSpec[])[ControllerNames.Audit.Context, ControllerNames.Audit.Namespace])
        {
            if (options.Text(option) is { } text)
            {
                options.Refuse(option, text, Contradiction);
            }
        }

        if (options.Flag(ControllerNames.Audit.AllNamespaces))
        {
            options.Add($"{options.Source(ControllerNames.Audit.AllNamespaces)}: {Contradiction}");
        }

        var file = ControllerNames.Audit.File;
        var manifests = new Manifests(mode);
        foreach (var path in files)
        {
            if (ReadFile(path, out var problem) is not { } text || YamlDocuments.Read(text, out problem) is not { } documents)
            {
                options.Refuse(file, path, problem);
                continue;
            }

            foreach (var (index, node) in documents.Index())
            {
                using var document = JsonDocument.Parse(node.ToUtf8());
                try
                {
                    manifests.Add(document.RootElement);
                }
                catch (JsonException)
                {
                    options.Refuse(file, path, $"document {index + 1} is no {document.RootElement.Text("kind")} that the API server would take");
                }
            }
        }

        return manifests;
    }

    private static string? ReadFile(string file, out string problem)
    {
        problem = "";
        try
        {
            using var stream = file == "-" ? Console.OpenStandardInput() : new FileStream(file, FileMode.Open, FileAccess.Read);
            using var content = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (stream.Read(buffer) is > 0 and var read)
            {
                content.Write(buffer, 0, read);
                if (content.Length > LongestFile)
                {
                    problem = $"longer than {LongestFile} bytes; write several files, or have the cluster itself looked at";
                    return null;
                }
            }

            return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            problem = thrown is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(file) ? "is a folder; write its files"
                : "cannot be read";
            return null;
        }
    }

    /// <summary>What was found, a line each.</summary>
    /// <param name="findings">The findings.</param>
    public static string Text(IReadOnlyList<Finding> findings)
    {
        var losing = findings.Count(finding => finding.LosesRequests);
        var text = new StringBuilder();
        foreach (var finding in findings)
        {
            text.Append(OneLine.Of($"{finding.Subject}: {finding.Rule}: {finding.Why}; {finding.Fix}")).Append('\n');
        }

        return text.Append(findings.Count == 0 ? "nothing found" : $"{findings.Count} found, {losing} of which lose requests").Append('\n').ToString();
    }

    /// <summary>What was found, as a JSON array.</summary>
    /// <param name="findings">The findings.</param>
    public static string Json(IReadOnlyList<Finding> findings) => Encoding.UTF8.GetString(new JsonArray([.. findings.Select(finding => (JsonNode)new JsonObject
    {
        ["rule"] = finding.Rule,
        ["loses_requests"] = finding.LosesRequests,
        ["subject"] = finding.Subject,
        ["why"] = finding.Why,
        ["fix"] = finding.Fix,
    })]).ToUtf8()) + "\n";
}
