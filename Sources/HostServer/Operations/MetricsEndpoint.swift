import HostCore
import HostGeneration
import HostHTTP
import HostRuntime
import HostStore

/// `GET /metrics`: counts and gauges of the host in Prometheus' text format.
struct MetricsEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let counters = await context.service.counters(), counts = context.metrics.now
        var text = PrometheusText()
        addHost(context, &text)
        addRequests(counts, &text)
        addModels(counts, counters, &text)
        addLoads(counters, &text)
        if let store = context.configuration.shared?.store { addStore(store.statistics, &text) }
        addConnections(context.configuration.connections(), &text)
        return HTTPResponse(
            status: 200, headers: HTTPHeaders([("Content-Type", PrometheusText.contentType)]), body: .bytes(Array(text.text.utf8)))
    }

    private func addHost(_ context: EndpointContext, _ text: inout PrometheusText) {
        let configuration = context.configuration
        text.add("modelhost_build_info", .gauge, "The version that runs; always 1.", [([("version", configuration.version)], 1)])
        text.add(
            "modelhost_ready", .gauge, "1 until the host begins to shut down.", configuration.phase.now == .serving ? 1 : 0)
        text.add(
            "modelhost_uptime_seconds", .gauge, "Time since the start.", (ContinuousClock.now - context.metrics.start) / .seconds(1))
        if let bytes = ProcessMemory.residentBytes {
            text.add("process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.", Double(bytes))
        }
        text.add(
            "modelhost_client_memory_bytes", .gauge, "Memory that requests hold, and may hold.",
            [
                ([("kind", "used")], Double(configuration.memory.used)), ([("kind", "limit")], Double(configuration.memory.limit)),
            ])
    }

    private func addRequests(_ counts: HostMetrics.Counts, _ text: inout PrometheusText) {
        text.add(
            "modelhost_requests_total", .counter, "HTTP requests whose answer has ended.",
            counts.requests.sorted { $0.key < $1.key }.map { key, count in
                ([("method", key.method), ("route", key.route), ("status", String(key.status))], Double(count))
            })
        text.add(
            "modelhost_request_outcomes_total", .counter, "The same by how they ended; left means that the client went first.",
            AccessEntry.Outcome.allCases.map { ([("outcome", $0.rawValue)], Double(counts.outcomes[$0] ?? 0)) })
        text.add(
            "modelhost_request_duration_seconds", "Time from a request's arrival to the end of its answer.", [([], counts.durations)])
    }

    private func addModels(_ counts: HostMetrics.Counts, _ counters: ServiceCounters, _ text: inout PrometheusText) {
        let models = counts.models.sorted { $0.key < $1.key }
        func tokens(_ name: String, _ help: String, _ count: (HostMetrics.ModelCounts) -> Int) {
            text.add(name, .counter, help, models.map { ([("model", $0.key)], Double(count($0.value))) })
        }
        tokens("modelhost_prompt_tokens_total", "Prompt tokens of ended requests.") { $0.promptTokens }
        tokens("modelhost_cached_prompt_tokens_total", "Of these, tokens that were known and not read again.") { $0.cachedTokens }
        tokens("modelhost_generated_tokens_total", "Tokens that were written.") { $0.completionTokens }
        func times(_ name: String, _ help: String, _ histogram: (HostMetrics.ModelCounts) -> Histogram) {
            text.add(name, help, models.map { ([("model", $0.key)], histogram($0.value)) })
        }
        times("modelhost_time_to_first_token_seconds", "From a request's arrival to its first token.") { $0.firstToken }
        times("modelhost_inter_token_seconds", "Between one token of a request and its next.") { $0.tokenGaps }
        times("modelhost_queue_seconds", "How long texts waited for a place.") { $0.queue }
        func gauge(_ name: String, _ help: String, _ value: (EngineLoad) -> Int) {
            text.add(name, .gauge, help, counters.engines.map { ([("model", $0.model)], Double(value($0.load))) })
        }
        gauge("modelhost_requests_running", "Texts that are read or written now.") { $0.running }
        gauge("modelhost_requests_waiting", "Texts that wait for a place.") { $0.waiting }
        gauge("modelhost_prompt_tokens_waiting", "Prompt tokens of those.") { $0.waitingTokens }
    }

    private func addLoads(_ counters: ServiceCounters, _ text: inout PrometheusText) {
        text.add("modelhost_models_loaded", .gauge, "Models in memory.", Double(counters.engines.count))
        text.add(
            "modelhost_model_loads_total", .counter, "Loads of models that have ended.",
            [
                ([("outcome", "ready")], Double(counters.loads.ready)), ([("outcome", "failed")], Double(counters.loads.failed)),
                ([("outcome", "cancelled")], Double(counters.loads.cancelled)),
            ])
        text.add("modelhost_model_load_seconds_total", .counter, "Time that loads took which succeeded.", counters.loads.seconds)
        text.add("modelhost_state_cache_bytes", .gauge, "States of beginnings kept in memory.", Double(counters.stateCacheBytes))
        text.add(
            "modelhost_state_cache_lookups_total", .counter, "Where the states of prompts' beginnings were found.",
            [
                ([("level", "memory")], Double(counters.lookups.memory)), ([("level", "folder")], Double(counters.lookups.folder)),
                ([("level", "store")], Double(counters.lookups.store)), ([("level", "none")], Double(counters.lookups.none)),
            ])
    }

    private func addStore(_ store: StoreStatistics, _ text: inout PrometheusText) {
        text.add("modelhost_state_store_up", .gauge, "1 while the store that hosts share can be reached.", store.isUp ? 1 : 0)
        text.add("modelhost_state_store_losses_total", .counter, "How often it was lost.", Double(store.losses))
        text.add(
            "modelhost_state_store_questions_total", .counter, "Questions to it by what came of them.",
            [
                ([("result", "answered")], Double(store.answered)), ([("result", "late")], Double(store.late)),
                ([("result", "skipped")], Double(store.skipped)),
            ])
        text.add("modelhost_state_store_answer_seconds_total", .counter, "Time that the answered ones took.", store.seconds)
        text.add(
            "modelhost_state_store_writes_total", .counter, "Commands written behind by what came of them.",
            [
                ([("result", "done")], Double(store.written)), ([("result", "refused")], Double(store.refused)),
                ([("result", "dropped")], Double(store.dropped)),
            ])
        text.add(
            "modelhost_state_store_bytes_total", .counter, "Bytes to and from it.",
            [
                ([("direction", "sent")], Double(store.bytesSent)), ([("direction", "received")], Double(store.bytesReceived)),
            ])
    }

    private func addConnections(_ statistics: HTTPStatistics, _ text: inout PrometheusText) {
        text.add("modelhost_connections_open", .gauge, "Open connections.", Double(statistics.openConnections))
        text.add(
            "modelhost_connections_total", .counter, "Connections that came.",
            [
                ([("result", "accepted")], Double(statistics.acceptedConnections)),
                ([("result", "refused")], Double(statistics.refusedConnections)),
            ])
        text.add(
            "modelhost_aborts_total", .counter, "Connections that ended before their answer did, by cause.",
            [
                ([("cause", "client_left")], Double(statistics.disconnects)), ([("cause", "write_stall")], Double(statistics.stalls)),
                ([("cause", "bad_request")], Double(statistics.failedRequests)),
            ])
    }
}
