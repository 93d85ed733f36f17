package gateway

import (
	"context"
	"net/url"
	"strings"
)

// iamSubjects: the calls about a user, a group, a role or a policy. IAM's ARNs
// have no region and hold the path, so that an existing thing is looked up.
var iamSubjects = iamTable()

func iamTable() map[string]subjects {
	t := map[string]subjects{}
	for _, action := range strings.Fields(`GetUser UpdateUser DeleteUser TagUser UntagUser ListUserTags
		CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys CreateLoginProfile UpdateLoginProfile
		DeleteLoginProfile GetLoginProfile PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies
		AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies ListGroupsForUser ListServiceSpecificCredentials ChangePassword
		EnableMFADevice DeactivateMFADevice ListMFADevices PutUserPermissionsBoundary DeleteUserPermissionsBoundary`) {
		t[action] = iamThing("user", "User")
	}
	for _, action := range strings.Fields(`GetRole UpdateRole DeleteRole TagRole UntagRole PutRolePolicy GetRolePolicy
		DeleteRolePolicy ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies UpdateAssumeRolePolicy PassRole`) {
		t[action] = iamThing("role", "Role")
	}
	for _, action := range strings.Fields(`GetGroup DeleteGroup PutGroupPolicy GetGroupPolicy DeleteGroupPolicy
		ListGroupPolicies AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies AddUserToGroup RemoveUserFromGroup`) {
		t[action] = iamThing("group", "Group")
	}
	for _, action := range strings.Fields("GetPolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy ListPolicyTags") {
		t[action] = exactly("PolicyArn")
	}
	for _, action := range strings.Fields("GetInstanceProfile DeleteInstanceProfile TagInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile") {
		t[action] = iamThing("instance-profile", "InstanceProfile")
	}
	t["CreateInstanceProfile"] = iamNew("instance-profile", "InstanceProfileName")
	t["CreateUser"] = iamNew("user", "UserName")
	t["CreateRole"] = iamNew("role", "RoleName")
	t["CreateGroup"] = iamNew("group", "GroupName")
	t["CreatePolicy"] = iamNew("policy", "PolicyName")
	t["CreateVirtualMFADevice"] = iamNew("mfa", "VirtualMFADeviceName")
	t["DeleteVirtualMFADevice"] = exactly("SerialNumber")
	return t
}

// iamNew names what the call makes: its path is in the request.
func iamNew(kind, param string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		path := r.str("Path")
		if path == "" {
			path = "/"
		}
		return []string{"arn:aws:iam::" + r.account + ":" + kind + path + r.str(param)}, nil
	}
}

// iamThing looks an existing thing up. A user's own calls may leave the name out.
func iamThing(kind, word string) subjects {
	return func(ctx context.Context, u *upstream, r *request) ([]string, error) {
		name := r.str(word + "Name")
		if name == "" {
			return []string{r.caller.ARN}, nil
		}
		var got struct {
			ARN string `xml:"Arn"`
		}
		var answer struct {
			Inner []byte `xml:",innerxml"`
		}
		err := u.query(ctx, "iam", "Get"+word, url.Values{word + "Name": {name}}, &answer)
		if err == nil {
			err = inside(answer.Inner, word, &got)
		}
		if err != nil { // there is none, which the call itself will say to those who may ask
			got.ARN = "arn:aws:iam::" + r.account + ":" + kind + "/" + name
		}
		return []string{got.ARN}, nil
	}
}
