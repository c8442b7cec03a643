import HostCore
import Testing

@testable import HostServer

@Suite("The document of all routes")
struct OpenAPITests {
    private func document() async throws -> JSONValue { try await InMemoryClient().get("/openapi.json").json() }

    @Test("every route of the table is in it, under every spelling, with a summary of its own")
    func routes() async throws {
        let document = try await document()
        #expect(document["openapi"] == "3.1.0")
        var names: Set<String> = []
        for route in RouteTable.routes {
            for path in route.paths {
                let operation = document["paths"]?[path]?[route.method.lowercased()]
                let name = try #require(operation?["operationId"]?.stringValue, "\(route.method) \(path)")
                #expect(names.insert(name).inserted, "\(name)")
                #expect(operation?["responses"]?["500"]?["content"]?["application/json"]?["schema"]?["$ref"] != nil)
                #expect((operation?["security"] == nil) == (route.key == .none || route.key == .page), "\(path)")
            }
        }
        #expect(
            document["paths"]?["/v1/messages"]?["post"]?["responses"]?["400"]?["content"]?["application/json"]?["schema"]?["$ref"]
                == "#/components/schemas/AnthropicError")
    }

    @Test("guides name routes that exist, and their examples are bodies that the routes take")
    func guides() async throws {
        let keys = Set(RouteTable.routes.map { "\($0.method) \($0.paths[0])" })
        for (key, guide) in RouteGuides.all {
            #expect(keys.contains(key), "\(key)")
            if let body = guide.body { #expect(throws: Never.self, "\(key)") { try body.check(in: .forTests()) } }
        }
    }

    @Test("every route but those of extensions has a guide")
    func complete() {
        let keys = RouteTable.routes.map { "\($0.method) \($0.paths[0])" }.filter { !$0.contains(" /extensions/") }
        #expect(keys.filter { RouteGuides.all[$0] == nil } == [])
    }

    @Test("a body's fields have their names, types and ranges, as the reader has them")
    func fields() async throws {
        let schema = try await document()["paths"]?["/v1/chat/completions"]?["post"]?["requestBody"]?["content"]?["application/json"]?["schema"]
        #expect(schema?["required"] == ["messages"])
        let fields = schema?["properties"]
        let temperature = fields?["temperature"]
        #expect(temperature?["type"] == ["number", "null"])
        #expect(temperature?["minimum"]?.doubleValue == 0 && temperature?["maximum"]?.doubleValue == 1e9)
        #expect(fields?["n"] == ["type": ["integer", "null"], "minimum": 1, "maximum": 128])
        #expect(fields?["stream"]?["type"] == ["boolean", "null"])
        for name in ["max_tokens", "max_completion_tokens", "tools", "seed", "response_format", "stop", "typical"] {
            #expect(fields?[name] != nil, "\(name)")
        }
    }
}
