import HostCore
import HostHTTP

/// `GET /openapi.json`: every route of the table, for programs that make clients and tests of it.
struct OpenAPIEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .json(OpenAPIDocument(context).value)
    }
}

/// The route table in the words of OpenAPI.
///
/// - Source: OpenAPI Specification 3.1.1.
struct OpenAPIDocument {
    private let context: EndpointContext

    init(_ context: EndpointContext) { self.context = context }

    var value: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "ModelHost", "version": .string(context.configuration.version),
                "description":
                    "A host for RWKV language models: the APIs of OpenAI and Anthropic, of text-generation-webui and its version of 2023, and of the host itself.",
            ],
            "paths": paths,
            "components": ["securitySchemes": securitySchemes, "schemas": OpenAPIDocument.errorSchemas],
        ]
    }

    private var securitySchemes: JSONValue {
        [
            "key": ["type": "http", "scheme": "bearer"], "keyHeader": ["type": "apiKey", "in": "header", "name": "X-Api-Key"],
            "login": ["type": "http", "scheme": "basic"],
        ]
    }

    private static let errorSchemas: JSONValue = [
        "Error": [
            "type": "object", "required": ["error"],
            "properties": [
                "error": [
                    "type": "object", "required": ["message", "type", "param", "code"],
                    "properties": [
                        "message": ["type": "string"], "type": ["type": "string"], "param": ["type": ["string", "null"]],
                        "code": ["type": ["string", "null"]],
                    ],
                ]
            ],
        ],
        "AnthropicError": [
            "type": "object", "required": ["type", "error"],
            "properties": [
                "type": ["const": "error"],
                "error": [
                    "type": "object", "required": ["type", "message"],
                    "properties": ["type": ["type": "string"], "message": ["type": "string"]],
                ],
            ],
        ],
        "Error2023": [
            "type": "object", "required": ["error"],
            "properties": ["error": ["type": "object", "required": ["message"], "properties": ["message": ["type": "string"]]]],
        ],
    ]

    private var paths: JSONValue {
        var paths = JSONObject()
        for route in RouteTable.routes(context.configuration) {
            for path in route.paths {
                var item = paths[path]?.objectValue ?? JSONObject()
                item[route.method.lowercased()] = operation(route, path)
                paths[path] = .object(item)
            }
        }
        return .object(paths)
    }

    private func operation(_ route: Route, _ path: String) -> JSONValue {
        let guide = RouteGuides.guide(of: route)
        var operation = JSONObject([
            ("operationId", .string(OpenAPIDocument.name(route.method, path))), ("summary", .string(guide.summary)),
            ("parameters", .array(parameters(path, guide))), ("responses", responses(route, guide)),
        ])
        if let body = guide.body {
            operation["requestBody"] = [
                "required": .bool(!guide.bodyIsOptional), "content": ["application/json": ["schema": body.schema(in: context)]],
            ]
        }
        if route.key != .none, route.key != .page { operation["security"] = [[:], ["key": []], ["keyHeader": []], ["login": []]] }
        return .object(operation)
    }

    private func parameters(_ path: String, _ guide: RouteGuide) -> [JSONValue] {
        var parameters = guide.query.map { query -> JSONValue in
            [
                "name": .string(query.name), "in": "query", "description": .string(query.help),
                "schema": ["type": .string(query.type)],
            ]
        }
        if let start = path.firstIndex(of: "{") {
            let name = String(path[path.index(after: start)...].dropLast())
            parameters.append(["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]])
        }
        return parameters
    }

    private func responses(_ route: Route, _ guide: RouteGuide) -> JSONValue {
        var responses = JSONObject([(String(guide.status), success(guide.answer))])
        let schema =
            switch route.errors {
            case .envelope: "Error"
            case .legacy: "Error2023"
            case .anthropic: "AnthropicError"
            }
        let error = content("application/json", ["$ref": .string("#/components/schemas/\(schema)")])
        var statuses = [400, 403, 404, 405, 408, 409, 413, 414, 415, 417, 429, 431, 500, 501, 503, 507]
        if route.key != .none { statuses.append(401) }
        if route.key == .page { statuses.append(304) }
        if case .webSocket = guide.answer { statuses.append(426) }
        for status in statuses.sorted() {
            var response = error.objectValue ?? JSONObject()
            response["description"] = .string(OpenAPIDocument.reasons[status] ?? "Refused.")
            responses[String(status)] = .object(response)
        }
        return .object(responses)
    }

    private func success(_ answer: RouteGuide.Answer) -> JSONValue {
        switch answer {
        case .json: described(content("application/json", [:]))
        case .jsonOrEvents:
            described(["content": ["application/json": ["schema": [:]], "text/event-stream": ["schema": [:]]]])
        case .events: described(content("text/event-stream", [:]))
        case .text(let type): described(content(type, ["type": "string"]))
        case .webSocket: ["description": "The connection is a WebSocket from here on."]
        }
    }

    private func content(_ type: String, _ schema: JSONValue) -> JSONValue { ["content": .object(JSONObject([(type, ["schema": schema])]))] }

    private func described(_ response: JSONValue) -> JSONValue {
        var object = response.objectValue ?? JSONObject()
        object["description"] = "Done."
        return .object(object)
    }

    private static let reasons = [
        304: "The client has it already.",
        400: "A field is wrong; the message names it.", 401: "A key or a login is needed.",
        403: "The admin key is needed, or the host is not to be called from there.", 404: "There is no such thing.",
        405: "The route has other methods.", 408: "The request did not arrive in time.", 409: "Something else has changed it.", 413: "The body is too large.",
        414: "The request line is too long.", 415: "The body is not JSON.", 417: "Only 100-continue can be expected.",
        426: "A WebSocket's handshake is needed.", 429: "Too many wait already.", 431: "The header is too large.",
        500: "The host or its model failed.", 501: "Nothing here can do that.", 507: "There is no room for it.",
        503: "Not now: a model is loading, memory is short, or the host is shutting down.",
    ]

    /// Such as `post_v1_chat_completions`.
    private static func name(_ method: String, _ path: String) -> String {
        let words = path.split { !$0.isLetter && !$0.isNumber }
        return ([method.lowercased()] + (words.isEmpty ? ["page"] : words.map(String.init))).joined(separator: "_")
    }
}
