/// Every route of the host. A new endpoint is one more line here.
enum RouteTable {
    static let routes = page + routesWithoutPage
    /// Those that a host serves.
    static func routes(_ configuration: HostServerConfiguration) -> [Route] {
        configuration.servesPage ? routes : routesWithoutPage
    }

    private static let routesWithoutPage =
        health + operations + openAI + responses + anthropic + webUI + library + pulls + api2023 + extensions

    private static let page =
        [
            Route("GET", "/", "/page/{path}", key: .page, PageEndpoint()),
            Route("GET", "/v1/internal/page", key: .api, PageSettingsEndpoint()),
            Route("GET", "/v1/internal/chats", key: .admin, ChatListEndpoint()),
        ]
        + ["GET", "PUT", "DELETE"].map { method in
            Route(method, "/v1/internal/chats/{id}", key: .admin, KeptChatEndpoint())
        }

    private static let health = [
        Route("GET", "/health", "/health/live", "/v1/internal/health", key: .none, LiveEndpoint()),
        Route("GET", "/health/ready", key: .none, ReadyEndpoint()),
    ]

    /// For those who watch the host; none of them makes a model work.
    private static let operations = [
        Route("GET", "/openapi.json", key: .api, OpenAPIEndpoint()),
        Route("GET", "/metrics", key: .api, MetricsEndpoint()),
        Route("GET", "/props", "/v1/props", key: .api, PropsEndpoint()),
        Route("GET", "/slots", "/v1/slots", key: .api, SlotsEndpoint()),
        Route("GET", "/v1/internal/status", key: .api, StatusEndpoint()),
        Route("GET", "/v1/internal/events", key: .api, EventsEndpoint()),
    ]

    /// Clients are given a base with or without `/v1`; both work.
    private static let openAI = [
        Route("GET", "/v1/models", "/models", key: .api, ModelListEndpoint()),
        Route("GET", "/v1/models/{id}", "/models/{id}", key: .api, ModelEndpoint()),
        Route("POST", "/v1/completions", "/completions", key: .api, CompletionEndpoint()),
        Route("POST", "/v1/embeddings", "/embeddings", key: .api, EmbeddingEndpoint()),
        Route("POST", "/v1/chat/completions", "/chat/completions", key: .api, ChatEndpoint()),
    ]

    private static let responses =
        [
            Route("POST", "/v1/responses", "/responses", key: .api, ResponsesEndpoint())
        ]
        + ["GET", "DELETE", "POST"].map { method in
            Route(method, "/v1/responses/{id}", "/responses/{id}", key: .api, StoredResponseEndpoint())
        }

    private static let anthropic = [
        Route("POST", "/v1/messages", key: .api, errors: .anthropic, MessagesEndpoint()),
        Route("POST", "/v1/messages/count_tokens", key: .api, errors: .anthropic, CountTokensEndpoint()),
    ]

    private static let webUI = [
        Route("POST", "/v1/internal/encode", key: .api, EncodeEndpoint()),
        Route("POST", "/v1/internal/decode", key: .api, DecodeEndpoint()),
        Route("POST", "/v1/internal/token-count", key: .api, TokenCountEndpoint()),
        Route("POST", "/v1/internal/logits", key: .api, LogitsEndpoint()),
        Route("POST", "/v1/internal/state/summary", key: .api, StateSummaryEndpoint()),
        Route("POST", "/v1/internal/state/save", key: .admin, StateSaveEndpoint()),
        Route("POST", "/v1/internal/state/load", key: .admin, StateLoadEndpoint()),
        Route("POST", "/v1/internal/state/list", key: .admin, StateListEndpoint()),
        Route("POST", "/v1/internal/state/delete", key: .admin, StateDeleteEndpoint()),
        Route("GET", "/v1/internal/settings", key: .admin, SettingsEndpoint()),
        Route("PUT", "/v1/internal/settings", key: .admin, SettingsEndpoint()),
        Route("POST", "/v1/internal/settings", key: .admin, SettingsEndpoint()),
        Route("GET", "/v1/internal/lora/list", key: .admin, AdapterEndpoint.list),
        Route("POST", "/v1/internal/lora/load", key: .admin, AdapterEndpoint.load),
        Route("POST", "/v1/internal/lora/unload", key: .admin, AdapterEndpoint.unload),
        Route("GET", "/v1/billing/usage", "/billing/usage", key: .api, UsageEndpoint()),
        Route("POST", "/v1/moderations", "/moderations", key: .api, ModerationEndpoint()),
        Route("POST", "/v1/internal/chat-prompt", key: .api, ChatPromptEndpoint()),
        Route("POST", "/v1/internal/stop-generation", key: .api, StopEndpoint()),
        Route("GET", "/v1/internal/model/info", key: .api, ModelInfoEndpoint()),
        Route("GET", "/v1/internal/sampling", key: .api, SamplingEndpoint()),
        Route("GET", "/v1/internal/model/list", key: .admin, ModelFolderEndpoint()),
        Route("POST", "/v1/internal/strategy", key: .admin, StrategyEndpoint()),
        Route("POST", "/v1/internal/model/load", key: .admin, LoadEndpoint()),
        Route("POST", "/v1/internal/model/unload", key: .admin, UnloadEndpoint()),
        Route("POST", "/v1/internal/model/cancel", key: .admin, CancelLoadEndpoint()),
    ]

    private static let pulls =
        [
            Route("POST", "/v1/internal/model/pull", key: .admin, PullEndpoint()),
            Route("GET", "/v1/internal/model/pulls", key: .admin, PullListEndpoint()),
        ]
        + ["GET", "DELETE", "POST"].map { method in
            Route(method, "/v1/internal/model/pull/{id}", key: .admin, OnePullEndpoint())
        }

    private static let extensions =
        [
            Route("GET", "/v1/internal/extensions", key: .api, ExtensionListEndpoint())
        ]
        + ["GET", "POST", "PUT", "PATCH", "DELETE"].map { method in
            Route(method, "/extensions/{path}", key: .api, ExtensionRouteEndpoint())
        }

    private static let api2023 = [
        Route("POST", "/api/v1/generate", key: .api, errors: .legacy, GenerateEndpoint2023()),
        Route("GET", "/api/v1/stream", key: .api, errors: .legacy, StreamEndpoint2023()),
        Route("POST", "/api/v1/chat", key: .api, errors: .legacy, ChatEndpoint2023()),
        Route("GET", "/api/v1/chat-stream", key: .api, errors: .legacy, ChatStreamEndpoint2023()),
        Route("POST", "/api/v1/token-count", key: .api, errors: .legacy, TokenCountEndpoint2023()),
        Route("POST", "/api/v1/stop-stream", key: .api, errors: .legacy, StopEndpoint2023()),
        Route("GET", "/api/v1/model", key: .api, errors: .legacy, ModelNameEndpoint2023()),
        Route("POST", "/api/v1/model", key: .api, errors: .legacy, ModelActionEndpoint2023()),
    ]
}
