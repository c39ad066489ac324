using GracefulApp;

var problems = new List<string>();
var settings = Settings.Read(Environment.GetEnvironmentVariable, problems);
if (problems.Count > 0)
{
    problems.ForEach(problem => Console.Error.WriteLine($"graceful-app: {problem}"));
    return 2;
}

await Application.Build(settings, TimeProvider.System).RunAsync();
return 0;
