using System.Net;

namespace Prestop.Testing;

/// <summary>The configuration of a haproxy that keeps a pool of 200 connections to an app open.</summary>
public static class HaproxyConfiguration
{
    /// <summary>The configuration.</summary>
    /// <param name="front">Where it listens.</param>
    /// <param name="app">The app.</param>
    /// <param name="global">A line of the <c>global</c> section.</param>
    /// <param name="more">What stands behind the app's server: more of its line, further lines.</param>
    public static string Of(EndPoint front, IPEndPoint app, string global, string more = "") => $"""
        global
          nbthread 1
          {global}
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 300s
          http-reuse always
        frontend in
          bind {front}
          default_backend app
        backend app
          server one {app} pool-max-conn 200 pool-purge-delay 300s{more}

        """;
}
