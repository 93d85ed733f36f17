package gateway

// A scalable target's ARN ends in an id that AWS draws, which no policy can
// know.
var scalingSubjects = map[string]subjects{
	"RegisterScalableTarget":   fixed("scalable-target/*"),
	"DeregisterScalableTarget": fixed("scalable-target/*"),
	"PutScalingPolicy":         fixed("scalable-target/*"),
	"DeleteScalingPolicy":      fixed("scalable-target/*"),
	"ListTagsForResource":      exactly("ResourceARN"),
	"TagResource":              exactly("ResourceARN"),
	"UntagResource":            exactly("ResourceARN"),
}
