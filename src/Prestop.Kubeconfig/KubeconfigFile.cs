namespace Prestop.Kubeconfig;

/// <summary>What one kubeconfig file says, or several of them together.</summary>
internal sealed class KubeconfigFile
{
    private const int Longest = 4 * 1024 * 1024;

    private readonly Dictionary<string, KubeconfigEntry> _clusters = [];
    private readonly Dictionary<string, KubeconfigEntry> _users = [];
    private readonly Dictionary<string, KubeconfigEntry> _contexts = [];

    /// <summary>The context that is used when none is asked for; null when none is set.</summary>
    public string? CurrentContext { get; private set; }

    public IReadOnlyDictionary<string, KubeconfigEntry> Clusters => _clusters;

    public IReadOnlyDictionary<string, KubeconfigEntry> Users => _users;

    public IReadOnlyDictionary<string, KubeconfigEntry> Contexts => _contexts;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>What it says; null when it is not there.</returns>
    /// <exception cref="KubeconfigException">It cannot be read, or is no kubeconfig.</exception>
    public static KubeconfigFile? Read(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > Longest })
            {
                throw new KubeconfigException($"{path} is longer than {Longest} bytes; is it a kubeconfig?");
            }

            text = File.ReadAllText(path);
        }
        catch (Exception thrown) when (thrown is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception thrown) when (thrown is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{path} {Reason(thrown)}");
        }

        try
        {
            return Parse(path, text);
        }
        catch (KubeconfigException thrown) when (!thrown.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new KubeconfigException($"{path}: {thrown.Message}");
        }
    }

    /// <summary>
    /// Takes over what another file says and this one does not. Of an entry that both have, this one's counts whole: no field of the other is
    /// mixed in, so that no user's credentials go to another cluster than its author wrote them for.
    /// </summary>
    /// <param name="later">The file that comes after this one in <c>KUBECONFIG</c>.</param>
    public void Add(KubeconfigFile later)
    {
        CurrentContext ??= later.CurrentContext;
        foreach (var (mine, others) in new[] { (_clusters, later._clusters), (_users, later._users), (_contexts, later._contexts) })
        {
            foreach (var (name, entry) in others)
            {
                mine.TryAdd(name, entry);
            }
        }
    }

    /// <summary>Why a file cannot be read, as the rest of a sentence.</summary>
    /// <param name="thrown">What the attempt brought.</param>
    public static string Reason(Exception thrown) => thrown switch
    {
        FileNotFoundException or DirectoryNotFoundException => "does not exist",
        UnauthorizedAccessException => "may not be read by this user",
        _ => "cannot be read",
    };

    private static KubeconfigFile Parse(string path, string text)
    {
        var file = new KubeconfigFile();
        if (YamlNode.Parse(text) is not { IsNull: false } root)
        {
            return file;
        }

        if (root.Fields is null)
        {
            throw new KubeconfigException("this is no kubeconfig: it must hold fields such as clusters, users and contexts");
        }

        var top = new KubeconfigEntry(path, "file", path, root.Fields);
        if (top.Text("kind") is { } kind and not "Config")
        {
            throw new KubeconfigException($"kind is {kind}; a kubeconfig's is Config");
        }

        file.CurrentContext = top.Text("current-context");
        ReadEntries(path, top, "clusters", "cluster", file._clusters);
        ReadEntries(path, top, "users", "user", file._users);
        ReadEntries(path, top, "contexts", "context", file._contexts);
        return file;
    }

    private static void ReadEntries(string path, KubeconfigEntry top, string list, string kind, Dictionary<string, KubeconfigEntry> entries)
    {
        foreach (var item in top.Items(list))
        {
            if (item.Fields is null || !item.Fields.TryGetValue("name", out var name) || name.Text is null)
            {
                throw new KubeconfigException($"an item of {list} has no name");
            }

            var body = item.Fields.GetValueOrDefault(kind);
            if (body is { IsNull: false, Fields: null })
            {
                throw new KubeconfigException($"{kind} '{name.Text}': {kind} must hold fields");
            }

            if (!entries.TryAdd(name.Text, new KubeconfigEntry(path, kind, name.Text, body?.Fields ?? new Dictionary<string, YamlNode>())))
            {
                throw new KubeconfigException($"{kind} '{name.Text}' is there twice; which of the two is meant?");
            }
        }
    }
}
