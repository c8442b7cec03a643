/// Why a text is not a valid strategy, and where.
public struct StrategyError: HostError, Equatable {
    public let subject: String
    public let problem: String
    public let advice: String?
    /// Position of the problem in the text, from 1.
    public let column: Int

    init(_ text: String, _ problem: String, column: Int) {
        self.subject = "strategy \"\(text)\", column \(column)"
        self.problem = problem
        self.advice = "Examples: \"cpu fp32\", \"cuda fp16\", \"cuda fp16 *10 -> cpu fp32\", \"cuda fp16i8 *10+\""
        self.column = column
    }
}

extension Strategy {
    /// Reads a strategy as the `rwkv` package 0.8 does: `device dtype[ *count[+]]`, joined by `->`.
    ///
    /// Case and the single spaces matter, except around `->` and at the ends. Where the package accepts a text and then
    /// ignores it (`i3`) or fails later (`*0` beside a stage that shares), this is an error too.
    ///
    /// - Throws: `StrategyError` with the column of the first problem.
    public init(parsing text: String) throws(StrategyError) {
        var parser = StrategyParser(text)
        self.text = text
        self.stages = try parser.parse()
    }
}

private struct StrategyParser {
    let text: String
    let characters: [Character]
    var position = 0

    init(_ text: String) {
        self.text = text
        self.characters = Array(text)
    }

    mutating func parse() throws(StrategyError) -> [Strategy.Stage] {
        var stages: [Strategy.Stage] = []
        var emptyStageColumn: Int?
        skipSpaces()
        while true {
            let stage = try parseStage(emptyStageColumn: &emptyStageColumn)
            stages.append(stage)
            let end = position
            skipSpaces()
            if position == characters.count { break }
            guard skip("->") else {
                position = end
                throw error("expected \" *COUNT\", \"->\" or the end, found \(found)")
            }
            skipSpaces()
        }
        if let emptyStageColumn, !stages.contains(where: \.streamsRest), stages.contains(where: { $0.count == nil }) {
            throw StrategyError(
                text, "a stage of *0 layers takes none; leave it out, or write *0+ to stream", column: emptyStageColumn)
        }
        return stages
    }

    private mutating func parseStage(emptyStageColumn: inout Int?) throws(StrategyError) -> Strategy.Stage {
        let device = try parseDevice()
        guard skip(" ") else { throw error("expected one space and a number format after the device, found \(found)") }
        let (activation, weights) = try parseFormat()
        var stage = Strategy.Stage(
            device: device, activation: activation, weights: weights, count: nil, streamsRest: false)
        let column = position + 1
        if skip(" *") {
            guard let count = parseNumber() else { throw error("expected a number of layers after *, found \(found)") }
            stage.count = count
            stage.streamsRest = skip("+")
            if count == 0, !stage.streamsRest, emptyStageColumn == nil { emptyStageColumn = column }
        }
        return stage
    }

    private mutating func parseDevice() throws(StrategyError) -> Device {
        if skip("cuda") {
            guard skip(":") else { return .cuda(index: 0) }
            guard let index = parseNumber() else { throw error("expected a card number after cuda:, found \(found)") }
            return .cuda(index: index)
        }
        if skip("cpu") { return .cpu }
        if skip("mps") { return .mps }
        if skip("dml") { return .dml }
        throw error("expected a device (cpu, cuda, cuda:N), found \(found)")
    }

    private mutating func parseFormat() throws(StrategyError) -> (DType, Strategy.WeightFormat) {
        let activation: DType
        if skip("fp32") {
            activation = .float32
        } else if skip("fp16") {
            activation = .float16
        } else if skip("bf16") {
            activation = .bfloat16
        } else {
            throw error("expected a number format (fp32, fp16, bf16, with i8 or i4 for integers), found \(found)")
        }
        if skip("i8") { return (activation, .int8) }
        if skip("i4") { return (activation, .int4) }
        if skip("i3") {
            position -= 2
            throw error("i3 changes nothing in the rwkv package and is not offered here; use i8 or i4")
        }
        return (activation, .float)
    }

    private mutating func parseNumber() -> Int? {
        let start = position
        while position < characters.count, characters[position].isASCII, characters[position].isNumber { position += 1 }
        // More digits than an Int holds mean more layers than any model has.
        return position > start ? Int(String(characters[start..<position])) ?? Int.max : nil
    }

    private mutating func skip(_ word: String) -> Bool {
        guard characters[position...].starts(with: word) else { return false }
        position += word.count
        return true
    }

    private mutating func skipSpaces() {
        while position < characters.count, characters[position] == " " { position += 1 }
    }

    private var found: String {
        position < characters.count ? "\"\(String(characters[position...].prefix(12)))\"" : "the end"
    }

    private func error(_ problem: String) -> StrategyError {
        StrategyError(text, problem, column: position + 1)
    }
}
