using System.Text;
using System.Text.Json.Nodes;
using Prestop.Testing;
using Prestopd.Controller.Admission;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Controller.Http;

public sealed class ControllerApplicationTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly ControllerRig _rig;

    public ControllerApplicationTests() => _rig = new ControllerRig(_clock);

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("POST", "/mutate", 404)]
    [InlineData("GET", "/mutate/pods", 405)]
    [InlineData("GET", "/validate/pods", 405)]
    public void A_path_or_a_method_that_is_not_known_is_refused(string method, string path, int status) => Assert.Equal(status, Ask(method, path, []).Status);

    [Theory]
    [InlineData("/mutate/pods", "", "the body is not JSON that can be read")]
    [InlineData("/validate/pods", "", "the body is not JSON that can be read")]
    [InlineData("/mutate/pods", "{}", "the body is no AdmissionReview of admission.k8s.io/v1")]
    [InlineData("/validate/pods", "{}", "the body is no AdmissionReview of admission.k8s.io/v1")]
    [InlineData("/validate/pods", """
        {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
         "request": {"uid": "r", "operation": "DELETE", "resource": {"resource": "pods"}, "oldObject": {"metadata": {"labels": 7}, "spec": {} } } }
        """, "the review's pod cannot be read")]
    public void What_is_no_review_is_a_bad_request(string path, string body, string problem) =>
        Assert.Equal((400, problem + "\n"), Ask("POST", path, Encoding.UTF8.GetBytes(body)) is var answer ? (answer.Status, Encoding.UTF8.GetString(answer.Body.Span)) : default);

    [Fact]
    public void A_review_that_is_too_long_is_refused() => Assert.Equal(413, Ask("POST", "/mutate/pods", null).Status);

    [Fact]
    public void Every_recorded_review_gets_an_answer_with_its_uid_on_the_path_that_is_its_own()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Join(AppContext.BaseDirectory, "Controller", "Recordings", "admission"), "*.json", SearchOption.AllDirectories))
        {
            var body = File.ReadAllBytes(file);
            if (AdmissionRequest.Read(body, out _) is not { } request)
            {
                continue;
            }

            var answer = Ask("POST", request.Subject is AdmissionSubject.CreatePod ? "/mutate/pods" : "/validate/pods", body);

            Assert.True(answer.Status == 200, file);
            Assert.Equal(request.Uid, (string)JsonNode.Parse(answer.Body.Span)!["response"]!["uid"]!);
        }
    }

    [Fact]
    public void What_is_asked_after_the_signal_is_answered_too()
    {
        _rig.Shutdown.Signal("terminated");

        Assert.Equal(200, Ask("POST", "/validate/pods", Recorded.Bytes("admission/09-kubectl-delete-dry-run/01-validate-DELETE-admin")).Status);
        Assert.False(_rig.Shutdown.IsReady);
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private HttpResponse Ask(string method, string path, byte[]? body) =>
        _clock.Run(() => _rig.AnswerAsync(method, path, body).AsTask());
}
