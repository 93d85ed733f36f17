package gateway

import "context"

// correction makes one call's answer true: of AWS, or of the local processes.
type correction struct {
	// before sees the call first. It may refuse it (an *apiError), answer it,
	// rewrite it for moto (neither), or do nothing.
	before func(ctx context.Context, g *Gateway, r *request) (*response, error)
	// after sees moto's answer to a call that succeeded and returns the answer
	// to give.
	after func(ctx context.Context, g *Gateway, r *request, resp *response) (*response, error)
}

// corrections lists them all. Each has a file that says what AWS answers.
func corrections() map[string]correction {
	return map[string]correction{
		"ec2:AuthorizeSecurityGroupIngress": {before: authorizeIngress},
		"ec2:CreateLaunchTemplate":          {after: keptTemplate("latestVersionNumber")},
		"ec2:CreateLaunchTemplateVersion":   {before: createTemplateVersion, after: keptTemplate("versionNumber")},
		"ec2:CreateNetworkInterface":        {before: createNetworkInterface},
		"ec2:DeleteNetworkInterface":        {before: deleteNetworkInterface},
		"ec2:DeleteSubnet":                  {before: deleteSubnet},
		"ec2:DescribeSubnets":               {after: describeSubnets},
		"ec2:RevokeSecurityGroupIngress":    {before: revokeIngress},
		"ec2:DeleteSecurityGroup":           {before: deleteSecurityGroup},
		"ec2:RebootInstances":               {before: rebootInstances, after: rebooted},
		"ec2:RunInstances":                  {before: launchInstances},
		"ec2:ModifyVolume":                  {before: modifyVolume},
		"ec2:StartInstances":                {before: startInstances},
		"ec2:StopInstances":                 {before: stopInstances, after: switchedOff},
		"ec2:TerminateInstances":            {after: terminated},
		"ec2:DescribeInstanceStatus":        {after: describeInstanceStatus},
		"ec2:GetConsoleOutput":              {before: getConsoleOutput},

		"ecs:DescribeServices":       {after: describeServices},
		"ecs:DescribeTasks":          {after: describeTasks},
		"ecs:ListTasks":              {before: listTasks},
		"ecs:RegisterTaskDefinition": {before: registerTaskDefinition},

		"ecs:RunTask":       {before: runTask, after: mendedTasks},
		"ecs:StopTask":      {before: stopTask, after: mendedTasks},
		"ecs:UpdateService": {before: updateService, after: updatedService},
		"ecs:CreateService": {before: createService},

		"eks:CreateCluster":         {before: createCluster},
		"eks:CreateNodegroup":       {before: createNodegroup, after: createdNodegroup},
		"eks:DeleteNodegroup":       {after: deletedNodegroup},
		"eks:DescribeNodegroup":     {after: describeNodegroup},
		"eks:DescribeUpdate":        {before: describeUpdate},
		"eks:ListNodegroups":        {before: listNodegroups},
		"eks:ListTagsForResource":   {before: tagEKS},
		"eks:ListUpdates":           {before: listUpdates},
		"eks:TagResource":           {before: tagEKS},
		"eks:UntagResource":         {before: tagEKS},
		"eks:UpdateNodegroupConfig": {before: updateNodegroupConfig, after: updatedNodegroup},

		"application-autoscaling:DescribeScalingActivities": {before: describeScalingActivities},

		"budgets:CreateBudget":                       {after: createdBudget},
		"budgets:CreateNotification":                 {after: createdNotification},
		"budgets:DeleteBudget":                       {after: deletedBudget},
		"budgets:DeleteNotification":                 {after: deletedNotification},
		"budgets:DescribeSubscribersForNotification": {before: describeSubscribers},
		"budgets:ListTagsForResource":                {before: tagBudget},
		"budgets:TagResource":                        {before: tagBudget},
		"budgets:UntagResource":                      {before: tagBudget},

		"cloudfront:CreateDistribution":     {after: writtenDistribution},
		"cloudfront:DeleteDistribution":     {after: deletedDistribution},
		"cloudfront:GetDistribution":        {after: shownDistribution},
		"cloudfront:GetDistributionConfig":  {after: shownDistribution},
		"cloudfront:ListDistributions":      {after: listedDistributions},
		"cloudfront:UpdateDistribution":     {after: writtenDistribution},
		"cloudfront:GetCachePolicy":         {before: getPolicy(cachePolicy)},
		"cloudfront:GetOriginRequestPolicy": {before: getPolicy(requestPolicy)},

		"cloudfront:GetResponseHeadersPolicy":    {before: getPolicy(headersPolicy)},
		"cloudfront:ListCachePolicies":           {before: listPolicies(cachePolicy)},
		"cloudfront:ListOriginRequestPolicies":   {before: listPolicies(requestPolicy)},
		"cloudfront:ListResponseHeadersPolicies": {before: listPolicies(headersPolicy)},

		"cognito-idp:TagResource": {before: tagPool},

		"cloudtrail:DeleteTrail":  {before: trailByName},
		"cloudtrail:StartLogging": {before: trailByName},
		"cloudtrail:StopLogging":  {before: trailByName},

		"elasticloadbalancing:DescribeTargetHealth": {before: describeTargetHealth},

		"iam:CreateUser":                     {before: createUser, after: shownUser},
		"iam:GetUser":                        {after: shownUser},
		"iam:DeletePolicy":                   {before: deletePolicy},
		"iam:PutUserPermissionsBoundary":     {before: putUserBoundary},
		"iam:DeleteUserPermissionsBoundary":  {before: deleteUserBoundary},
		"iam:ListServiceSpecificCredentials": {before: listServiceCredentials},
		"iam:SimulatePrincipalPolicy":        {before: simulatePrincipalPolicy},

		"servicequotas:GetServiceQuota":           {before: getServiceQuota},
		"servicequotas:GetAWSDefaultServiceQuota": {before: getServiceQuota},

		"rds:CreateDBInstance":       {after: createdDB},
		"rds:DescribeDBInstances":    {after: shownDatabases},
		"rds:ModifyDBInstance":       {before: modifyDBInstance, after: shownDatabases},
		"rds:RebootDBInstance":       {before: rebootDBInstance, after: rebootedDB},
		"rds:ModifyDBParameterGroup": {before: modifyDBParameterGroup},
		"rds:DescribeDBParameters":   {before: describeDBParameters},

		"ssm:DescribeInstanceInformation": {before: describeInstanceInformation},

		"ssm:PutParameter": {before: putParameter},
		"ssm:SendCommand":  {before: sendCommand, after: sentCommand},
		"ssm:ListCommands": {after: listedCommands},

		"ssm:GetCommandInvocation":   {before: getCommandInvocation},
		"ssm:ListCommandInvocations": {before: listCommandInvocations},

		"sts:GetCallerIdentity": {before: getCallerIdentity},
	}
}
