import HostCore
import HostExtensions
import Synchronization
import Testing

/// Writes its mark into everything it is given.
private struct Marker: HostExtension {
    struct Refusal: Error {}

    let mark: String
    var failing: String?
    var answers = true

    init(parameters: ExtensionParameters) { mark = "" }

    init(_ mark: String, failing: String? = nil, answers: Bool = true) {
        self.mark = mark
        self.failing = failing
        self.answers = answers
    }

    private func check(_ hook: String) throws {
        if failing == hook { throw Refusal() }
        if failing == "cancelled" { throw CancellationError() }
    }

    func historyModifier(_ history: [ChatMessage], state: RequestParameters) throws -> [ChatMessage] {
        try check("historyModifier")
        return history + [ChatMessage(.system, mark)]
    }

    func stateModifier(_ state: RequestParameters) throws -> RequestParameters {
        try check("stateModifier")
        var state = state
        state.stopStrings.append(mark)
        return state
    }

    func chatInputModifier(_ text: String, state: RequestParameters) throws -> String {
        try check("chatInputModifier")
        return text + "c" + mark
    }

    func inputModifier(_ text: String, state: RequestParameters) throws -> String {
        try check("inputModifier")
        return text + "i" + mark
    }

    func botPrefixModifier(_ prefix: String, state: RequestParameters) throws -> String {
        try check("botPrefixModifier")
        return prefix + mark
    }

    func customGenerateChatPrompt(_ messages: [ChatMessage], state: RequestParameters) throws -> String? {
        try check("customGenerateChatPrompt")
        return answers ? mark : nil
    }

    func tokenizerModifier(_ tokens: [TokenID], prompt: String, state: RequestParameters) throws -> [TokenID]? {
        try check("tokenizerModifier")
        return answers ? tokens + [mark.utf8.count] : nil
    }

    func customTokenizedLength(_ text: String) throws -> Int? {
        try check("customTokenizedLength")
        return answers ? mark.utf8.count : nil
    }

    func outputModifier(for state: RequestParameters) throws -> OutputModifier? {
        try check("outputModifier")
        guard answers else { return nil }
        return { [mark] in $0 + mark }
    }
}

@Suite("The hooks of all extensions together")
struct HookChainTests {
    private func chain(_ members: (String, Marker)...) -> (HookChain, ActiveExtensions) {
        let active = ActiveExtensions(
            members: members.map { .init(name: $0.0, value: $0.1) }, statuses: members.map { .init(name: $0.0) },
            log: .silent)
        return (HookChain(active), active)
    }

    private func state(isChat: Bool) -> RequestParameters {
        RequestParameters(isChat: isChat, model: nil, fields: JSONObject(), sampling: SamplingParameters(), maxTokens: nil, stopStrings: [])
    }

    @Test("what changes something goes through all, in the order of activation")
    func chained() async {
        let (hooks, _) = chain(("first", Marker("1")), ("second", Marker("2")))
        let state = state(isChat: true)
        #expect(await hooks.history([], state: state).map(\.content) == ["1", "2"])
        #expect(await hooks.state(state).stopStrings == ["1", "2"])
        #expect(await hooks.botPrefix(state: state) == "12")
        #expect(await hooks.tokens([9], prompt: "", state: state) == [9, 1, 1])
        #expect(await hooks.output(state: state)?("x") == "x12")
    }

    @Test("a chat's input passes the chat hook of all before the general one; a prompt only the general one")
    func inputs() async {
        let (hooks, _) = chain(("first", Marker("1")), ("second", Marker("2")))
        #expect(await hooks.input("x", state: state(isChat: true)) == "xc1c2i1i2")
        #expect(await hooks.input("x", state: state(isChat: false)) == "xi1i2")
    }

    @Test("what replaces something is the first answer that is not nil")
    func firstWins() async {
        let (hooks, _) = chain(("silent", Marker("0", answers: false)), ("first", Marker("1")), ("second", Marker("22")))
        #expect(await hooks.chatPrompt([], state: state(isChat: true)) == "1")
        #expect(await hooks.tokenizedLength("") == 1)
    }

    @Test("without anybody who changes the answer it may be shown while it grows")
    func noOutput() {
        let (hooks, _) = chain(("silent", Marker("0", answers: false)))
        #expect(hooks.output(state: state(isChat: true)) == nil)
    }

    @Test("a request that is given up switches nothing off")
    func cancelled() async {
        let (hooks, active) = chain(("good", Marker("g", failing: "cancelled")))
        _ = await hooks.botPrefix(state: state(isChat: true))
        let task = Task { [state = state(isChat: true)] in await hooks.history([], state: state) }
        task.cancel()
        _ = await task.value
        #expect(active.statuses[0].problem == nil)
    }

    @Test(
        "a hook that throws switches its extension off for good, and the others go on with what they had",
        arguments: [
            "historyModifier", "stateModifier", "chatInputModifier", "inputModifier", "botPrefixModifier",
            "customGenerateChatPrompt", "tokenizerModifier", "customTokenizedLength", "outputModifier",
        ])
    func throwing(hook: String) async {
        let (hooks, active) = chain(("bad", Marker("bad", failing: hook)), ("good", Marker("g")))
        let state = state(isChat: true)
        _ = await hooks.history([], state: state)
        _ = await hooks.state(state)
        _ = await hooks.input("x", state: state)
        _ = await hooks.botPrefix(state: state)
        _ = await hooks.chatPrompt([], state: state)
        _ = await hooks.tokens([], prompt: "", state: state)
        _ = await hooks.tokenizedLength("")
        _ = hooks.output(state: state)
        #expect(active.active.map(\.name) == ["good"])
        #expect(active.statuses[0].problem?.kind == .hook)
        #expect(active.statuses[0].problem?.problem.contains(hook) == true)
        #expect(active.statuses[1].problem == nil)
        #expect(await hooks.botPrefix(state: state) == "g")
    }
}
