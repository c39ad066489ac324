using System.Text;

namespace Prestop.Kubernetes.Access;

/// <summary>The environment variables and files of a container.</summary>
/// <param name="variable">Looks an environment variable up; null when it is not set.</param>
/// <param name="root">The directory that stands for <c>/</c>.</param>
public sealed class ContainerEnvironment(Func<string, string?> variable, string root)
{
    /// <summary>The variables and files of this process.</summary>
    public static ContainerEnvironment OfThisProcess { get; } = new(Environment.GetEnvironmentVariable, "/");

    /// <summary>The value of an environment variable; null when it is unset or empty.</summary>
    /// <param name="name">The variable's name.</param>
    public string? Variable(string name) => variable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The text of a file, without blanks around it; null when it is empty or cannot be read.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="problem">Why there is no text, as a sentence without a full stop; else empty.</param>
    public string? File(string path, out string problem)
    {
        try
        {
            var text = Encoding.UTF8.GetString(System.IO.File.ReadAllBytes(Path.Join(root, path))).Trim();
            problem = text.Length == 0 ? $"{path} is empty" : "";
            return text.Length == 0 ? null : text;
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            problem = thrown switch
            {
                FileNotFoundException or DirectoryNotFoundException => $"{path} does not exist",
                UnauthorizedAccessException => $"{path} may not be read by this user",
                _ => $"{path} cannot be read",
            };
            return null;
        }
    }
}
