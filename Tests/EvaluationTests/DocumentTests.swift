import Evaluation
import SandboxCore
import Testing

@Suite struct SpreadTests {
    @Test func medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() throws {
        let spread = try #require(Spread([4, 1, 3, 2]))
        #expect(spread.median == 2.5)
        #expect(spread.min == 1)
        #expect(spread.max == 4)
        #expect(abs(spread.spread - 1.2) < 1e-12)
    }

    @Test func thereIsNoSpreadOfNothing() { #expect(Spread([]) == nil) }
}
