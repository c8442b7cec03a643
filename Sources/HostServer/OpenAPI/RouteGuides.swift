import HostCore

/// What each route is for; a route that is not here is described by its path alone.
enum RouteGuides {
    static func guide(of route: Route) -> RouteGuide {
        let key = "\(route.method) \(route.paths[0])"
        return all[key] ?? RouteGuide(key, answer: route.key == .page ? .text("*/*") : .json)
    }

    /// Presets, characters and instruction templates are kept alike.
    private static let library: [String: RouteGuide] = Dictionary(
        uniqueKeysWithValues: [
            ("presets", "preset", "parameters"), ("characters", "character", "card"), ("instruction-templates", "template", "template"),
        ].flatMap { path, one, field in
            let entry = "/v1/internal/\(path)/{name}"
            let body = BodyGuide([field: path == "presets" ? [:] : ""]) { reader, _ in _ = try reader.value(field) }
            return [
                ("GET /v1/internal/\(path)", RouteGuide("The names of every \(one).")),
                ("GET \(entry)", RouteGuide("One \(one).")), ("DELETE \(entry)", RouteGuide("Forgets one \(one).")),
                ("PUT \(entry)", RouteGuide("Keeps a \(one) under this name.", body)),
            ]
        })

    static let all = page.merging(openAI) { $1 }.merging(anthropic) { $1 }.merging(host) { $1 }.merging(models) { $1 }
        .merging(api2023) { $1 }.merging(library) { $1 }

    private static let hello: JSONValue = [["role": "user", "content": "Hello"]]

    private static let page: [String: RouteGuide] = [
        "GET /": RouteGuide("The page, and below /page the files that it is made of.", answer: .text("*/*")),
        "GET /v1/internal/page": RouteGuide("What the page knows of its host: version, sampling defaults."),
        "GET /v1/internal/chats": RouteGuide("The conversations that the host keeps copies of, each with its revision."),
        "GET /v1/internal/chats/{id}": RouteGuide("One copy with its messages."),
        "PUT /v1/internal/chats/{id}": RouteGuide(
            "Keeps a copy; 409 where it is not the one of that revision any more.",
            BodyGuide(["chat": ["title": "Hello"], "revision": .null], required: ["chat"]) { reader, _ in
                _ = try reader.object("chat")
                _ = try reader.string("revision")
            }),
        "DELETE /v1/internal/chats/{id}": RouteGuide(
            "Forgets a copy.", BodyGuide([:]) { reader, _ in _ = try reader.string("revision") }, isOptional: true),
        "POST /v1/internal/state/summary": RouteGuide(
            "How large each layer's state is after a text, and how far it moved since an earlier one.",
            BodyGuide(["prompt": "Hello"]) { reader, _ in
                _ = try reader.modelName()
                for name in ["tokens", "prompt", "since"] { _ = try reader.value(name) }
            }),
        "POST /v1/internal/strategy": RouteGuide(
            "Where a strategy would put each layer of a model, and about how many bytes; loads nothing.",
            BodyGuide(["model_name": "NAME", "strategy": "cpu fp32"], required: ["model_name", "strategy"]) { reader, _ in
                _ = try reader.string("model_name")
                _ = try reader.string("strategy")
            }),
    ]

    private static let openAI: [String: RouteGuide] = [
        "GET /v1/models": RouteGuide("Every model that can serve, the loaded ones first."),
        "GET /v1/models/{id}": RouteGuide("One model; an id may hold slashes."),
        "POST /v1/completions": RouteGuide(
            "Continues a text, or scores one.",
            BodyGuide(["prompt": "Once upon a time"]) { reader, context in _ = try CompletionRequest(&reader, in: context) },
            answer: .jsonOrEvents),
        "POST /v1/chat/completions": RouteGuide(
            "The assistant's next turn of a conversation.",
            BodyGuide(["messages": hello], required: ["messages"]) { reader, context in _ = try ChatRequest(&reader, in: context) },
            answer: .jsonOrEvents),
        "POST /v1/embeddings": RouteGuide(
            "Texts as vectors.",
            BodyGuide(["input": "Hello"], required: ["input"]) { reader, context in
                _ = try EmbeddingEndpoint.Fields(&reader, in: context)
            }),
        "POST /v1/responses": RouteGuide(
            "The assistant's next turn, in the words of OpenAI's newer API.",
            BodyGuide(["input": "Hello"], required: ["input"]) { reader, context in
                _ = try ResponsesRequest(&reader, in: context)
            }, answer: .jsonOrEvents),
        "GET /v1/responses/{id}": RouteGuide("A stored response, or with /input_items what it answered."),
        "DELETE /v1/responses/{id}": RouteGuide("Forgets a stored response."),
        "GET /v1/billing/usage": RouteGuide("What a text costs here: nothing."),
        "POST /v1/moderations": RouteGuide("Refused: no model here judges texts."),
        "POST /v1/responses/{id}": RouteGuide("With /cancel: stops a response that is being written."),
    ]

    private static let anthropic: [String: RouteGuide] = [
        "POST /v1/messages": RouteGuide(
            "The assistant's next turn, in Anthropic's words.",
            BodyGuide(["max_tokens": 16, "messages": hello], required: ["max_tokens", "messages"]) { reader, context in
                _ = try MessagesRequest(&reader, in: context)
            }, answer: .jsonOrEvents),
        "POST /v1/messages/count_tokens": RouteGuide(
            "How many tokens a prompt has.",
            BodyGuide(["messages": hello], required: ["messages"]) { reader, context in
                _ = try MessagesRequest(&reader, in: context, isGenerated: false)
            }),
    ]

    private static let host: [String: RouteGuide] = [
        "GET /health": RouteGuide("Whether the process answers."),
        "GET /health/ready": RouteGuide("Whether a text would be served now."),
        "GET /metrics": RouteGuide("Counts and gauges in Prometheus' text format.", answer: .text("text/plain")),
        "GET /props": RouteGuide("The host's properties, in the form of llama.cpp's server."),
        "GET /slots": RouteGuide(
            "The slots that hold sequences, in the form of llama.cpp's server.",
            query: [("fail_on_no_slot", "integer", "1 answers 503 when all are busy.")]),
        "GET /openapi.json": RouteGuide("This document."),
        "GET /v1/internal/status": RouteGuide("What the host does now, in numbers."),
        "GET /v1/internal/events": RouteGuide("Loads, models and numbers as they change.", answer: .events),
        "GET /v1/internal/extensions": RouteGuide("The extensions that are on, and why others are not."),
        "POST /v1/internal/encode": RouteGuide("The tokens of a text.", text("text")),
        "POST /v1/internal/token-count": RouteGuide("How many tokens a text has.", text("text")),
        "POST /v1/internal/decode": RouteGuide(
            "The text of tokens.",
            BodyGuide(["tokens": [1, 2]], required: ["tokens"]) { reader, _ in
                _ = try reader.modelName()
                _ = try reader.array("tokens")
            }),
        "POST /v1/internal/logits": RouteGuide(
            "What a model would say next.",
            BodyGuide(["prompt": "Hello"]) { reader, context in
                _ = try LogitsEndpoint.Fields(&reader, in: context)
            }),
        "POST /v1/internal/chat-prompt": RouteGuide(
            "What a model would read for a conversation.",
            BodyGuide(["messages": hello], required: ["messages"]) { reader, context in
                _ = try ChatRequest(&reader, in: context)
            }),
        "POST /v1/internal/stop-generation": RouteGuide("Stops every text that is being written."),
        "GET /v1/internal/settings": RouteGuide("The host's settings and their revision."),
        "PUT /v1/internal/settings": RouteGuide("Changes settings; with an older revision it is a conflict.", settings),
        "POST /v1/internal/settings": RouteGuide("The same.", settings),
        "GET /v1/internal/sampling": RouteGuide("Every sampling parameter with its range, default and meaning."),
    ]

    private static let models: [String: RouteGuide] = [
        "GET /v1/internal/model/info": RouteGuide("The current model, and how far a load has come."),
        "GET /v1/internal/model/list": RouteGuide(
            "Every entry of the model folder by its kind (model, tuned_state, adapter, or null where it is not known), with the reasons why some cannot be loaded."
        ),
        "POST /v1/internal/model/load": RouteGuide(
            "Loads a model and makes it the current one.",
            BodyGuide(["model_name": "NAME"], required: ["model_name"]) { reader, _ in
                _ = try reader.string("model_name")
                _ = try reader.object("args")
            }),
        "POST /v1/internal/model/unload": RouteGuide("Lets a model go, the current one if none is named.", named, isOptional: true),
        "POST /v1/internal/model/cancel": RouteGuide("Gives up loads that run or wait.", named, isOptional: true),
        "POST /v1/internal/model/pull": RouteGuide(
            "Begins to fetch a model.",
            BodyGuide(["repo": "OWNER/NAME"], required: ["repo"]) { reader, _ in
                _ = try reader.string("repo")
                _ = try reader.array("files")
                _ = try reader.string("revision")
            }, status: 202),
        "GET /v1/internal/model/pulls": RouteGuide("What is being fetched, and what was."),
        "GET /v1/internal/model/pull/{id}": RouteGuide("How one goes; with /events as it goes on.", answer: .jsonOrEvents),
        "DELETE /v1/internal/model/pull/{id}": RouteGuide("Ends one."),
        "POST /v1/internal/model/pull/{id}": RouteGuide("With /cancel: the same."),
        "GET /v1/internal/lora/list": RouteGuide("The adapters on the model: none."),
        "POST /v1/internal/lora/load": RouteGuide("Refused where it names any.", adapters, isOptional: true),
        "POST /v1/internal/lora/unload": RouteGuide("Does nothing, as there are none.", adapters, isOptional: true),
        "POST /v1/internal/state/save": RouteGuide("Keeps what a session has read under a name.", state(["name", "session_id"])),
        "POST /v1/internal/state/load": RouteGuide("Has a session go on from what was kept.", state(["name", "session_id"])),
        "POST /v1/internal/state/list": RouteGuide(
            "What is kept.", BodyGuide([:]) { reader, _ in _ = try reader.modelName() }, isOptional: true),
        "POST /v1/internal/state/delete": RouteGuide("Forgets what was kept.", state(["name"])),
    ]

    private static let api2023: [String: RouteGuide] = [
        "POST /api/v1/generate": RouteGuide(
            "Continues a text, as in 2023.",
            BodyGuide(["prompt": "Hello"], required: ["prompt"]) { reader, context in
                _ = try GenerateRequest2023(&reader, in: context)
            }),
        "POST /api/v1/chat": RouteGuide(
            "The next turn of a conversation, as in 2023.",
            BodyGuide(["user_input": "Hello"]) { reader, context in
                _ = try reader.string("user_input")
                _ = try reader.object("history")
                _ = try reader.string("mode")
                _ = try reader.string("character")
            }),
        "GET /api/v1/chat-stream": RouteGuide("The same over a WebSocket, as it grows.", answer: .webSocket),
        "GET /api/v1/stream": RouteGuide("The same over a WebSocket, piece by piece.", answer: .webSocket),
        "POST /api/v1/token-count": RouteGuide("How many tokens a text has.", text("prompt")),
        "POST /api/v1/stop-stream": RouteGuide("Stops what is running."),
        "GET /api/v1/model": RouteGuide("The current model's name."),
        "POST /api/v1/model": RouteGuide(
            "Lists, describes, loads or unloads.",
            BodyGuide(["action": "info"]) { reader, _ in
                _ = try reader.string("action")
                _ = try reader.string("model_name")
                _ = try reader.object("args")
            }),
    ]

    private static let named = BodyGuide([:]) { reader, _ in _ = try reader.string("model_name") }

    private static let adapters = BodyGuide([:]) { reader, _ in _ = try reader.array("lora_names") }

    private static let settings = BodyGuide(["settings": [:], "revision": "1"], required: ["settings", "revision"]) { reader, _ in
        _ = try reader.object("settings")
        _ = try reader.string("revision")
    }

    private static func text(_ field: String) -> BodyGuide {
        BodyGuide(.object(JSONObject([(field, "Hello")])), required: [field]) { reader, _ in
            _ = try reader.modelName()
            _ = try reader.string(field)
        }
    }

    private static func state(_ names: [String]) -> BodyGuide {
        BodyGuide(.object(JSONObject(names.map { ($0, "x") })), required: names) { reader, _ in
            for name in names { _ = try reader.string(name) }
            _ = try reader.modelName()
        }
    }
}
