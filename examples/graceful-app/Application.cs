using System.Globalization;

namespace GracefulApp;

/// <summary>The web server and what it answers.</summary>
internal static class Application
{
    private const int LongestWork = 30_000;

    /// <summary>The server, not started yet.</summary>
    /// <param name="settings">What the environment says.</param>
    /// <param name="time">The clock of the drain and of work.</param>
    public static WebApplication Build(Settings settings, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenAnyIP(settings.Port);
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton(settings).AddSingleton(time).AddSingleton<Drain>().AddSingleton<IHostLifetime>(services => services.GetRequiredService<Drain>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);

        var application = builder.Build();
        var drain = application.Services.GetRequiredService<Drain>();
        application.Run(context => AnswerAsync(context, drain, settings, time));
        return application;
    }

    private static async Task AnswerAsync(HttpContext context, Drain drain, Settings settings, TimeProvider time)
    {
        if (context.Request.Path == "/work")
        {
            var asked = int.TryParse(context.Request.Query["milliseconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(asked, LongestWork)), time, context.RequestAborted);
        }

        if (drain.HasBegun)
        {
            // The connection is closed behind this answer: the client's next one goes to a pod that stays.
            context.Response.Headers.Connection = "close";
        }

        switch (context.Request.Path.Value)
        {
            case "/alive":
                break;
            case "/ready":
                context.Response.StatusCode = drain.HasBegun && settings.IsUnreadyWhileDraining ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
                break;
            default:
                await context.Response.WriteAsync($"served by {Environment.MachineName}\n", context.RequestAborted);
                break;
        }
    }
}
