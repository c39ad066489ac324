using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Core.Options;
using Prestop.Kubeconfig;
using Prestop.Kubernetes.Json;
using Prestop.Linux.Streams;
using Prestopd.Hosting;

namespace Prestopd.Controller.Audit;

/// <summary><c>prestopd controller audit</c>: its command line, and what it prints.</summary>
internal static class AuditCommand
{
    /// <summary>The longest file that is read, in bytes.</summary>
    private const int LongestFile = 32 * 1024 * 1024;

    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "controller audit",
        "Lists every workload in manifests that would lose requests when its pods end, and why. Exit code 1 when there is one.",
        [ControllerNames.Audit.File, ControllerNames.Audit.Output],
        options =>
        {
            var isJson = options.Choice(ControllerNames.Audit.Output) is "json";
            var manifests = Read(options);
            return _ => Task.FromResult(Print(AuditRules.Run(manifests), isJson));
        });

    /// <summary>Prints what was found.</summary>
    /// <returns>The exit code.</returns>
    private static int Print(IReadOnlyList<Finding> findings, bool isJson)
    {
        var isWritten = StandardOutput.TryWrite(isJson ? Json(findings) : Text(findings));
        return !isWritten ? ExitCodes.Broken : findings.Any(finding => finding.LosesRequests) ? ExitCodes.FlawedPlan : ExitCodes.Done;
    }

    private static Manifests Read(OptionReader options)
    {
        var option = ControllerNames.Audit.File;
        var manifests = new Manifests();
        var files = options.Texts(option);
        if (files.Count == 0)
        {
            options.Add($"{option.Name} is missing; write {option.ShortName} FILE, or {option.ShortName} - for standard input");
        }

        foreach (var file in files)
        {
            if (ReadFile(file, out var problem) is not { } text || YamlDocuments.Read(text, out problem) is not { } documents)
            {
                options.Refuse(option, file, problem);
                continue;
            }

            foreach (var (index, node) in documents.Index())
            {
                using var document = JsonDocument.Parse(node.ToUtf8());
                try
                {
                    manifests.Add(document.RootElement.Clone());
                }
                catch (JsonException)
                {
                    options.Refuse(option, file, $"document {index + 1} is no {document.RootElement.Text("kind")} that the API server would take");
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
                    problem = $"longer than {LongestFile} bytes; write several files";
                    return null;
                }
            }

            return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            problem = thrown is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read";
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
