import HostCore
import HostServer
import Testing

@Suite("States over HTTP")
struct StateRouteTests {
    @Test("states are saved, listed, loaded and deleted by name")
    func roundTrip() async throws {
        let client = InMemoryClient()
        #expect(await client.post("/v1/internal/state/save", #"{"name": "mine", "session_id": "s"}"#).status == 200)
        let list = await client.post("/v1/internal/state/list", "")
        #expect(try list.json()["states"]?.arrayValue?.map { $0["name"]?.stringValue } == ["mine"])
        let load = await client.post("/v1/internal/state/load", #"{"name": "mine", "session_id": "t"}"#)
        #expect(try load.json()["tokens"]?.intValue == 7)
        #expect(await client.post("/v1/internal/state/delete", #"{"name": "mine"}"#).status == 200)
        let gone = await client.post("/v1/internal/state/load", #"{"name": "mine", "session_id": "t"}"#)
        #expect(gone.status == 400)
        gone.expectEnvelope(param: "name", code: "state_mismatch")
    }

    @Test("they need the admin key, a name and a session")
    func refusals() async {
        let client = InMemoryClient { ($0.apiKey, $0.adminKey) = ("user", "admin") }
        for path in ["save", "load", "list", "delete"] {
            let reply = await client.post(
                "/v1/internal/state/\(path)", #"{"name": "x", "session_id": "s"}"#,
                headers: [("Authorization", "Bearer user")])
            #expect(reply.status == 401 || reply.status == 403)
        }
        let open = InMemoryClient()
        await open.post("/v1/internal/state/save", #"{"session_id": "s"}"#).expectEnvelope(param: "name")
        await open.post("/v1/internal/state/save", #"{"name": "x"}"#).expectEnvelope(param: "session_id")
    }

    @Test("a stream tells how far its prompt has been read where it is asked to", arguments: [true, false])
    func progress(isAsked: Bool) async throws {
        for (path, prompt) in [
            ("/v1/completions", #""prompt": "xy""#),
            ("/v1/chat/completions", #""messages": [{"role": "user", "content": "x"}]"#),
        ] {
            let body = "{\(prompt), \"stream\": true, \"return_progress\": \(isAsked)}"
            let reply = await InMemoryClient().post(path, body)
            let told = try reply.chunks().compactMap { $0["prompt_progress"]?["processed"]?.intValue }
            #expect(told == (isAsked ? [1] : []))
        }
    }

    @Test("best_of gives the likeliest texts and counts all of them")
    func bestOf() async throws {
        let client = InMemoryClient()
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "n": 2, "best_of": 4}"#)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try reply.json()["choices"]?.arrayValue?.count == 2)
        #expect(try reply.json()["choices"]?.arrayValue?[0]["logprobs"]?.isNull == true)
        #expect(client.service.engine.requests.count == 4)
        #expect(client.service.engine.requests.allSatisfy { $0.topLogprobs == 0 })
        #expect(try reply.json()["usage"]?["completion_tokens"]?.intValue == 24)
    }
}
