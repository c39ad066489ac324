using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestopd.Controller.Admission;
using Xunit;

namespace Prestopd.Tests.Controller.Admission;

public sealed class AdmissionAnswerTests
{
    [Fact]
    public void Allowed() => Same("""{"uid": "u", "allowed": true}""", AdmissionAnswer.Allowed);

    /// <summary>The status that the API server made of a webhook's, but for the webhook's name that it puts in front.</summary>
    [Theory]
    [InlineData("delete-denied-429")]
    [InlineData("delete-denied-403")]
    public void A_refusal_is_the_status_that_the_API_server_gave_to_the_client(string recording)
    {
        const string Message = "pod is draining until 10:00:30Z";
        var status = Recorded.Json($"api/{recording}")["response"]!["body"]!;
        var denial = recording == "delete-denied-429" ? Denial.AskAgain(Message, 7) : Denial.Forbidden(Message);

        var ours = Response(new AdmissionAnswer { Denial = denial })["status"]!;

        Assert.EndsWith($"denied the request: {Message}", (string)status["message"]!);
        foreach (var field in (string[])["code", "reason", "details"])
        {
            Assert.True(JsonNode.DeepEquals(status[field], ours[field]), ours.ToJsonString());
        }
    }

    [Fact]
    public void A_budget_refuses_in_the_API_servers_own_words()
    {
        var status = Recorded.Json("api/eviction-blocked")["response"]!["body"]!;
        var budget = (string)status["details"]!["causes"]![0]!["message"]!;

        var ours = Response(new AdmissionAnswer { Denial = Denial.OfBudget((string)status["message"]!, budget) })["status"]!;

        foreach (var field in (string[])["code", "reason", "message", "details"])
        {
            Assert.True(JsonNode.DeepEquals(status[field], ours[field]), ours.ToJsonString());
        }
    }

    [Fact]
    public void Evictions_are_refused_without_a_time() =>
        Same("""{"uid": "u", "allowed": false, "status": {"code": 429, "reason": "TooManyRequests", "message": "m"}}""", new AdmissionAnswer { Denial = Denial.Later("m") });

    [Fact]
    public void A_patch_is_a_list_in_base64()
    {
        var answer = Response(new AdmissionAnswer { Patch = new JsonPatch().Add("/spec/x", 1) });

        Assert.Equal("JSONPatch", (string)answer["patchType"]!);
        Assert.Equal("""[{"op":"add","path":"/spec/x","value":1}]""", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)answer["patch"]!)));
    }

    [Fact]
    public void Warnings_are_single_lines_that_the_API_server_does_not_cut()
    {
        var warnings = Response(new AdmissionAnswer { Warnings = ["a\r\nb", new string('x', 1000)] })["warnings"]!.AsArray();

        Assert.Equal("a b", (string)warnings[0]!);
        Assert.Equal(256, ((string)warnings[1]!).Length);
    }

    private static void Same(string expected, AdmissionAnswer answer)
    {
        var response = Response(answer);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), response), response.ToJsonString());
    }

    private static JsonNode Response(AdmissionAnswer answer)
    {
        var review = JsonNode.Parse(answer.ToReview("u"))!;
        Assert.Equal(("AdmissionReview", "admission.k8s.io/v1"), ((string)review["kind"]!, (string)review["apiVersion"]!));
        return review["response"]!;
    }
}
