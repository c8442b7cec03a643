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
                start()
            }
            return answers.compactMap(\.self)
        }
    }
}
