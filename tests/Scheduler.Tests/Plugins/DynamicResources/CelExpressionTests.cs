using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

namespace NodeAgent.Scheduler.Tests.Plugins.DynamicResources;

public sealed class CelExpressionTests
{
    private static readonly CelDevice Gpu = new("gpu.example.com", new Device
    {
        Name = "gpu-0",
        Attributes =
        {
            ["model"] = new DeviceAttribute { String = "A100" },
            ["index"] = new DeviceAttribute { Int = 3 },
            ["healthy"] = new DeviceAttribute { Bool = true },
            ["driverVersion"] = new DeviceAttribute { Version = "1.10.0" },
            ["other.example.com/model"] = new DeviceAttribute { String = "x" },
        },
        Capacity = { ["memory"] = new DeviceCapacity { Value = Quantity.Parse("40Gi") } },
    });

    [Theory]
    [InlineData("true", true)]
    [InlineData("device.driver == 'gpu.example.com'", true)]
    [InlineData("device.driver != \"gpu.example.com\"", false)]
    [InlineData("device.attributes['gpu.example.com'].model == 'A100'", true)]
    [InlineData("device.attributes[\"other.example.com\"].model == 'A100'", false)]
    [InlineData("device.attributes['gpu.example.com'].index >= 3 && device.attributes['gpu.example.com'].index < 4", true)]
    [InlineData("device.attributes['gpu.example.com'].index == -3", false)]
    [InlineData("device.attributes['gpu.example.com'].healthy", true)]
    [InlineData("!device.attributes['gpu.example.com'].healthy", false)]
    [InlineData("device.attributes['gpu.example.com'].model in ['V100', 'A100']", true)]
    [InlineData("'model' in device.attributes['gpu.example.com']", true)]
    [InlineData("'colour' in device.attributes['gpu.example.com']", false)]
    [InlineData("'none.example.com' in device.attributes", false)]
    [InlineData("device.attributes['gpu.example.com'].model.startsWith('A') || false", true)]
    [InlineData("device.attributes['gpu.example.com'].model.matches('^A[0-9]+$')", true)]
    [InlineData("device.attributes['gpu.example.com'].model.lowerAscii() == 'a100'", true)]
    [InlineData("device.capacity['gpu.example.com'].memory.compareTo(quantity('40Gi')) == 0", true)]
    [InlineData("device.capacity['gpu.example.com'].memory.isGreaterThan(quantity('80Gi'))", false)]
    [InlineData("device.attributes['gpu.example.com'].driverVersion.isGreaterThan(semver('1.9.3'))", true)]
    [InlineData("device.attributes['gpu.example.com'].driverVersion.compareTo(semver('1.10.0-rc.1')) > 0", true)]
    [InlineData("false && device.attributes['gpu.example.com'].colour == 'red'", false)]
    [InlineData("device.attributes['gpu.example.com'].colour == 'red' || true", true)]
    [InlineData("(1 < 2) == (2 > 1)", true)]
    public void Matches_Table_AnswersAsCelDoes(string expression, bool expected) => Assert.Equal(expected, CelExpression.Parse(expression).Matches(Gpu));

    [Theory]
    [InlineData("", "the end")]
    [InlineData("device.driver ==", "the end")]
    [InlineData("cel.bind(x, 1, x == 1)", "cel at 1 is not supported")]
    [InlineData("[1, 2].all(x, x > 0)", "all(…) is not supported")]
    [InlineData("true ? 1 : 2", "? at 6 is not supported")]
    [InlineData("1 + 1 == 2", "'+' at 3 is not supported")]
    [InlineData("device.driver == 'x", "does not end")]
    [InlineData("(true", "\")\" is expected")]
    public void Parse_NotSupported_SaysWhat(string expression, string expected) =>
        Assert.Contains(expected, Assert.Throws<CelException>(() => CelExpression.Parse(expression)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("device.attributes['gpu.example.com'].colour == 'red'", "no such key: colour")]
    [InlineData("device.name == 'x'", "device.name is not supported")]
    [InlineData("device.driver", "gives no bool")]
    [InlineData("device.driver < 3", "is not supported")]
    [InlineData("semver('1') == semver('1')", "no semantic version")]
    public void Matches_Fails_SaysWhy(string expression, string expected) =>
        Assert.Contains(expected, Assert.Throws<CelException>(() => CelExpression.Parse(expression).Matches(Gpu)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1.0.0-alpha", "1.0.0-alpha.1")]
    [InlineData("1.0.0-alpha.1", "1.0.0-alpha.beta")]
    [InlineData("1.0.0-beta.2", "1.0.0-beta.11")]
    [InlineData("1.0.0-rc.1", "1.0.0")]
    [InlineData("1.9.0", "1.10.0")]
    public void CompareTo_SemverOrgsOrder_Holds(string lower, string higher) => Assert.True(CelVersion.Parse(lower).CompareTo(CelVersion.Parse(higher)) < 0);
}
