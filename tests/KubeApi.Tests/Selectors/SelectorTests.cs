using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.KubeApi.Tests.Selectors;

public class SelectorTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("app=web", "app=web", true)]
    [InlineData("app==web", "app=web", true)]
    [InlineData("app = web , tier = db", "app=web,tier=db", true)]
    [InlineData("app=web", "app=db", false)]
    [InlineData("app=web", "", false)]
    [InlineData("app!=web", "", true)]
    [InlineData("app!=web", "app=web", false)]
    [InlineData("app=", "app=", true)]
    [InlineData("app in (web, db)", "app=db", true)]
    [InlineData("app in (web,db)", "", false)]
    [InlineData("app in (,db)", "app=", true)]
    [InlineData("app notin (web,db)", "", true)]
    [InlineData("app notin (web,db)", "app=db", false)]
    [InlineData("app", "app=anything", true)]
    [InlineData("app", "tier=db", false)]
    [InlineData("!app", "tier=db", true)]
    [InlineData("! app", "app=x", false)]
    [InlineData("example.com/cores>4", "example.com/cores=5", true)]
    [InlineData("cores>4", "cores=4", false)]
    [InlineData("cores<4", "cores=-3", true)]
    [InlineData("cores<4", "cores=many", false)]
    [InlineData("cores<4", "", false)]
    [InlineData("in in (in)", "in=in", true)]
    public void Matches_QueryForm(string selector, string labels, bool expected) =>
        Assert.Equal(expected, Selector.Parse(selector).Matches(Labels(labels)));

    [Theory]
    [InlineData("app=web,")]
    [InlineData(",app=web")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("app within (web)")]
    [InlineData("app!web")]
    [InlineData("app=web db")]
    [InlineData("=web")]
    [InlineData("app=-web-")]
    [InlineData("-app=web")]
    [InlineData("cores>four")]
    [InlineData("a/b/c=d")]
    [InlineData("!")]
    public void Parse_Malformed_Throws(string selector) => Assert.Throws<FormatException>(() => Selector.Parse(selector));

    [Fact]
    public void Parse_Malformed_SaysWhere()
    {
        var error = Assert.Throws<FormatException>(() => Selector.Parse("app within (web)"));
        Assert.Contains("character 5", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b=2,a in (y,x)", "a in (x,y),b=2")]
    [InlineData("!c,d,e>3", "!c,d,e>3")]
    public void ToString_IsSortedAndReadsBack(string selector, string expected)
    {
        var parsed = Selector.Parse(selector);
        Assert.Equal(expected, parsed.ToString());
        Assert.Equal(expected, Selector.Parse(parsed.ToString()).ToString());
    }

    [Fact]
    public void From_MissingSelector_MatchesNothing_EmptyEverything()
    {
        Assert.False(Selector.From((LabelSelector?)null).Matches(Labels("a=b")));
        Assert.True(Selector.From(new LabelSelector()).Matches(null));
    }

    [Fact]
    public void From_LabelsAndExpressions_AllMustHold()
    {
        var selector = new LabelSelector
        {
            MatchLabels = { ["app"] = "web" },
            MatchExpressions = { new LabelSelectorRequirement { Key = "canary", Operator = "DoesNotExist" } },
        };
        Assert.True(Selector.From(selector).Matches(Labels("app=web")));
        Assert.False(Selector.From(selector).Matches(Labels("app=web,canary=1")));
    }

    [Theory]
    [InlineData("Gt", "4")]
    [InlineData("In")]
    [InlineData("Exists", "x")]
    [InlineData("Sometimes", "x")]
    public void From_BadExpression_Throws(string op, params string[] values) =>
        Assert.Throws<FormatException>(() => Selector.From(new LabelSelector { MatchExpressions = { new LabelSelectorRequirement { Key = "k", Operator = op, Values = { values } } } }));

    [Theory]
    [InlineData("spec.nodeName=n1", true)]
    [InlineData("spec.nodeName==n1,status.phase!=Failed", true)]
    [InlineData("spec.nodeName!=n1", false)]
    [InlineData("", true)]
    [InlineData(@"note=a\,b\=c\\", true)]
    [InlineData("missing=", true)]
    public void FieldSelector_Matches(string text, bool expected)
    {
        var values = new Dictionary<string, string> { ["spec.nodeName"] = "n1", ["status.phase"] = "Running", ["note"] = @"a,b=c\" };
        var selector = FieldSelector.Parse(text);
        Assert.Equal(expected, selector.Matches(f => values.GetValueOrDefault(f, "")));
        Assert.Equal(expected, FieldSelector.Parse(selector.ToString()).Matches(f => values.GetValueOrDefault(f, "")));
    }

    [Theory]
    [InlineData("spec.nodeName")]
    [InlineData(@"a=\b")]
    [InlineData("a=b=c")]
    public void FieldSelector_Malformed_Throws(string text) => Assert.Throws<FormatException>(() => FieldSelector.Parse(text));

    private static Dictionary<string, string> Labels(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
}
