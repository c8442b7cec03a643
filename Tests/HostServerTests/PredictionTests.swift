import HostCore
import HostServer
import Support
import Testing

@Suite("Predictions of an answer")
struct PredictionTests {
    private static func chat(_ prediction: String, _ more: String = "") -> String {
        #"{"messages": [{"role": "user", "content": "x"}], "prediction": \#(prediction)\#(more)}"#
    }

    @Test(
        "a text, or parts of one, reach the engine",
        arguments: [
            (#"{"type": "content", "content": "let a = 1"}"#, "let a = 1"),
            (#"{"type": "content", "content": [{"type": "text", "text": "let "}, {"type": "text", "text": "a"}]}"#, "let a"),
            (#"{"content": "b"}"#, "b"), (#"{"type": "content", "content": null}"#, ""), ("null", ""),
        ])
    func read(field: String, text: String) async throws {
        let client = InMemoryClient()
        let reply = await client.post("/v1/chat/completions", Self.chat(field))
        #expect(reply.status == 200, "\(reply.text)")
        #expect(client.service.engine.requests.last?.prediction == text)
        #expect(!client.log.lines.contains { $0.contains("prediction") })
    }

    @Test(
        "anything else is refused by name",
        arguments: [
            (#""y""#, "prediction"), (#"{"type": "diff", "content": "y"}"#, "prediction.type"),
            (#"{"type": "content", "content": 5}"#, "prediction.content"),
            (#"{"type": "content", "content": [{"type": "image_url"}]}"#, "prediction.content"),
        ])
    func refused(field: String, name: String) async throws {
        let reply = await InMemoryClient().post("/v1/chat/completions", Self.chat(field))
        #expect(reply.status == 400)
        reply.expectEnvelope(param: name)
    }
}
