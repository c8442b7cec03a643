import HostCore
import Testing

@Suite("The table of sampling knobs")
struct SamplingKnobTests {
    @Test("no two knobs share a name")
    func names() {
        let names = SamplingKnob.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
    }

    @Test("defaults of parameters and host are within the ranges, and the neutral value is the default")
    func defaults() throws {
        try SamplingParameters().validate()
        try SamplingParameters.default.validate()
        #expect(SamplingKnob.named("top_p")?.neutral == .number(1))
        #expect(SamplingKnob.named("rep_pen")?.name == "repetition_penalty")
        #expect(SamplingKnob.named("repetition_penalty_range")?.presetValue == .integer(1024))
    }

    @Test("every order has every stage once", arguments: SamplingParameters.Order.allCases)
    func orders(order: SamplingParameters.Order) {
        #expect(order.stages.count == SamplingStage.allCases.count)
        #expect(Set(order.stages) == Set(SamplingStage.allCases))
    }

    @Test("a number below the range is off where clients mean that, and refused by the check elsewhere")
    func offBelowRange() throws {
        var parameters = SamplingParameters()
        parameters.topK = 5
        SamplingKnob.named("top_k")?.set(-1, in: &parameters)
        #expect(parameters.topK == 0)
        SamplingKnob.named("min_p")?.set(-0.5, in: &parameters)
        let error = #expect(throws: GenerationError.self) { try parameters.validate() }
        #expect(error?.subject == "min_p")
    }
}
