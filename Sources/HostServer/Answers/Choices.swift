import HostCore

/// Several generations of one request, read side by side.
enum Choices {
    /// More prompts times choices than this are refused.
    static let maximum = 128

    /// The whole answers in the order of the requests, this many at a time.
    static func all(_ requests: [AnswerRequest], atOnce: Int) async throws -> [AnswerDelta] {
        try await withThrowingTaskGroup(of: (Int, AnswerDelta).self) { group in
            var answers = [AnswerDelta?](repeating: nil, count: requests.count)
            var next = 0
            func start() {
                guard next < requests.count else { return }
                let (number, request) = (next, requests[next])
                next += 1
                group.addTask { (number, try await request.start().whole()) }
            }
            for _ in 0..<atOnce { start() }
            while let (number, answer) = try await group.next() {
                answers[number] = answer
                // Stopping one choice stops the request: what has not begun stays empty.
                if answer.finish?.reason == .cancelled { next = requests.count }
                start()
            }
            return answers.map { $0 ?? .stoppedBeforeItBegan }
        }
    }
}

extension AnswerDelta {
    fileprivate static let stoppedBeforeItBegan = AnswerDelta(
        finish: FinishReport(reason: .cancelled, usage: Usage(promptTokens: 0, completionTokens: 0)))
}
