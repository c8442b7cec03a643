import HostCore
import HostGeneration

/// Several generations of one request, read side by side.
enum Choices {
    /// More prompts times choices than this are refused.
    static let maximum = 128

    /// The whole answers in the order of the requests, this many at a time.
    static func all(_ requests: [AnswerRequest], atOnce: Int) async throws -> [AnswerDelta] {
        var isStopped = false
        let answers = try await sideBySide(requests, atOnce: atOnce) { request in
            try await request.start().whole()
        } goesOn: { answer in
            // Stopping one choice stops the request: what has not begun stays empty.
            isStopped = isStopped || answer.finish?.reason == .cancelled
            return !isStopped
        }
        return answers.map { $0 ?? .stoppedBeforeItBegan }
    }

    /// Does the same with each input, this many at a time; fewer where the queue takes no more of them.
    ///
    /// A queue that is full of the request's own texts has room again when one of them has ended; only where none of them
    /// runs is a full queue an error.
    static func sideBySide<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], atOnce: Int, _ work: @escaping @Sendable (Input) async throws -> Output,
        goesOn: (Output) -> Bool = { _ in true }
    ) async throws -> [Output?] {
        try await withThrowingTaskGroup(of: (Int, Result<Output, GenerationError>).self) { group in
            var outputs = [Output?](repeating: nil, count: inputs.count)
            var waiting = Array(inputs.indices.reversed()), running = 0
            func start() {
                guard let number = waiting.popLast() else { return }
                let input = inputs[number]
                running += 1
                group.addTask {
                    do {
                        return (number, .success(try await work(input)))
                    } catch let error as GenerationError where error.kind == .overloaded {
                        return (number, .failure(error))
                    }
                }
            }
            for _ in 0..<atOnce { start() }
            while let (number, result) = try await group.next() {
                running -= 1
                switch result {
                case .success(let output):
                    outputs[number] = output
                    if goesOn(output) { start() } else { waiting = [] }
                case .failure(let error):
                    if running == 0 { throw error }
                    waiting.append(number)
                }
            }
            return outputs
        }
    }
}

extension AnswerDelta {
    fileprivate static let stoppedBeforeItBegan = AnswerDelta(
        finish: FinishReport(reason: .cancelled, usage: Usage(promptTokens: 0, completionTokens: 0)))
}
