import HostCore

/// Several generations of one request, read side by side.
enum Choices {
    /// More prompts times choices than this are refused.
    static let maximum = 128
    /// So many are handed to the engine at a time, so that one request does not fill its queue.
    private static let inFlight = 16

    /// The whole answers in the order of the requests.
    static func all(_ requests: [(request: GenerationRequest, reader: AnswerReader)]) async throws -> [Fragment] {
        try await withThrowingTaskGroup(of: (Int, Fragment).self) { group in
            var answers = [Fragment?](repeating: nil, count: requests.count)
            var next = 0
            func start() {
                guard next < requests.count else { return }
                let (number, (request, reader)) = (next, requests[next])
                next += 1
                group.addTask {
                    let stream = try await reader.start(request)
                    return (number, try await reader.readWhole(stream))
                }
            }
            for _ in 0..<inFlight { start() }
            while let (number, answer) = try await group.next() {
                answers[number] = answer
                // Who stopped one choice stopped the request: what has not begun stays empty.
                if answer.finish?.reason == .cancelled { next = requests.count }
                start()
            }
            return answers.map { $0 ?? .stoppedBeforeItBegan }
        }
    }
}

extension Fragment {
    fileprivate static let stoppedBeforeItBegan = Fragment(
        finish: FinishReport(reason: .cancelled, usage: Usage(promptTokens: 0, completionTokens: 0)))
}
