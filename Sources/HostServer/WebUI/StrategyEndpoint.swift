import HostCore
import HostGeneration
import HostHTTP

/// `POST /v1/internal/strategy`: where a strategy would put each layer of a model, and about how many bytes; loads nothing.
struct StrategyEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (name, text) = try await context.read(request) { reader in
            guard let name = try reader.string("model_name") else {
                throw APIError.invalid("model_name", "model_name is missing.")
            }
            try ModelName.check(name, field: "model_name")
            guard let text = try reader.string("strategy") else { throw APIError.invalid("strategy", "strategy is missing.") }
            context.once.noteUnknownFields(reader.unknownNames)
            return (name, text)
        }
        let strategy: Strategy
        do {
            strategy = try Strategy(parsing: text)
        } catch {
            throw APIError.invalid("strategy", error.description, code: "invalid_strategy")
        }
        let listings = await context.service.listings()
        guard let listing = listings.first(where: { $0.id == name || $0.id == name + ".pth" }) else {
            throw ModelServiceError.unknownModel(name, available: listings.filter { $0.state != .unusable }.map(\.id))
        }
        guard let summary = listing.summary else {
            throw APIError.invalid("model_name", "\(name) cannot be loaded; /v1/internal/model/list says why.")
        }
        let plans = strategy.resolve(blockCount: summary.layerCount)
        let bytes = WeightEstimate(summary).bytes(of: plans)
        return .json([
            "plan": .string(plans.summary), "layers": .array(plans.map(\.json)),
            "weight_bytes": .object(JSONObject(bytes.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        ])
    }
}

extension LayerPlan {
    fileprivate var json: JSONValue {
        var plan = self
        plan.isStreamed = false
        let words = plan.description.split(separator: " ")
        return [
            "device": .string(String(words[0])), "format": .string(String(words.last ?? "")), "streamed": .bool(isStreamed),
        ]
    }
}

/// About how much memory the weights of a model take, from its sizes alone.
struct WeightEstimate {
    private let blockNumbers: Double, headNumbers: Double
    /// Bytes of each number in the file.
    private let width: Double

    /// The numbers in the matrices of one block are about 13 times the square of the width in every generation of RWKV, which
    /// is enough to find out whether the file has 1, 2 or 4 bytes for each.
    init(_ summary: ProbeSummary) {
        let hidden = Double(summary.hiddenSize), layers = Double(max(1, summary.layerCount))
        let bytes = Double(summary.weightBytes)
        headNumbers = hidden * Double(summary.vocabularySize)
        let typical = 2 * headNumbers + 13 * hidden * hidden * layers
        width = [1.0, 2, 4].min { abs(bytes - $0 * typical) < abs(bytes - $1 * typical) } ?? 2
        blockNumbers = max(0, bytes / width - 2 * headNumbers) / layers
    }

    /// By device; what is streamed lies in CPU memory, and so does the embedding.
    func bytes(of plans: [LayerPlan]) -> [String: Int] {
        var sums = ["cpu": headNumbers * width]
        for (index, plan) in plans.enumerated() {
            let numbers = index == plans.count - 1 ? headNumbers : blockNumbers
            let device = plan.isStreamed ? "cpu" : plan.device.description
            sums[device, default: 0] += numbers * bytesPerNumber(plan)
        }
        return sums.mapValues { Int($0) }
    }

    /// Quantised numbers come with scales; a type wider than the file's stays as the file has it.
    private func bytesPerNumber(_ plan: LayerPlan) -> Double {
        switch plan.weights {
        case .int8: 1.05
        case .int4: 0.6
        case .float: plan.activation == .float32 ? width : 2
        }
    }
}
