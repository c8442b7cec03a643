import HostCore
import Support
import Testing

/// Whatever a slider of a client can be moved to is taken.
///
/// - Source: the sliders of text-generation-webui's parameters tab and of SillyTavern's text completion panel.
@Suite("Sliders of other programs")
struct SliderTests {
    static let sliders: [(name: String, ends: [Double])] = [
        ("temperature", [0, 5]), ("dynatemp_low", [0, 20]), ("dynatemp_high", [0, 20]), ("dynatemp_exponent", [0.01, 10]),
        ("smoothing_factor", [0, 10]), ("smoothing_curve", [1, 10]), ("top_p", [0, 1]), ("top_k", [-1, 200]),
        ("typical_p", [0, 1]), ("min_p", [0, 1]), ("top_a", [0, 1]), ("tfs", [0, 1]), ("epsilon_cutoff", [0, 9]),
        ("eta_cutoff", [0, 20]), ("top_n_sigma", [-1, 5]), ("nsigma", [0, 5]), ("repetition_penalty", [1, 3]),
        ("repetition_penalty_range", [-1, 8192]), ("encoder_repetition_penalty", [0.8, 1.5]),
        ("frequency_penalty", [-2, 2]), ("presence_penalty", [-2, 2]), ("no_repeat_ngram_size", [0, 20]),
        ("min_length", [0, 2000]), ("dry_multiplier", [0, 5]), ("dry_base", [1, 4]), ("dry_allowed_length", [1, 20]),
        ("dry_penalty_last_n", [-1, 8192]), ("xtc_threshold", [0, 0.5]), ("xtc_probability", [0, 1]),
        ("mirostat_mode", [0, 2]), ("mirostat_tau", [0, 20]), ("mirostat_eta", [0, 1]), ("adaptive_target", [-0.01, 1]),
        ("adaptive_decay", [0, 0.99]), ("guidance_scale", [-0.5, 4]), ("num_beams", [1, 20]), ("length_penalty", [-5, 5]),
        ("max_tokens_second", [0, 20]), ("seed", [-1, 4_294_967_295]), ("truncation_length", [0, 1_048_576]),
    ]

    @Test("both ends of each are taken, and the text goes on", arguments: sliders.indices)
    func ends(index: Int) async throws {
        let slider = Self.sliders[index]
        for end in slider.ends {
            let number = end == end.rounded() ? "\(Int(end))" : "\(end)"
            let client = InMemoryClient(serving: EngineService())
            let body = #"{"prompt": "abab", "max_tokens": 3, "dynamic_temperature": true, "\#(slider.name)": \#(number)}"#
            let reply = await client.post("/v1/completions", body)
            #expect(reply.status == 200, "\(body): \(reply.text)")
            #expect(!client.log.text.contains("unknown field"))
        }
    }

    @Test("contrastive search takes its whole slider, with what it needs", arguments: [0.0, 5])
    func contrastive(alpha: Double) async throws {
        let client = InMemoryClient(serving: EngineService(.scrambled(hiddenSize: 2) { [Float($0.last ?? 0), 1] }))
        let body = #"{"prompt": "abab", "max_tokens": 3, "do_sample": false, "top_k": 4, "penalty_alpha": \#(alpha)}"#
        let reply = await client.post("/v1/completions", body)
        #expect(reply.status == 200, "\(reply.text)")
    }
}
